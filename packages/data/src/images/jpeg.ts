/** JPEG files, decoded by `jpeg-js` after what they claim was compared with what they hold. */

import jpeg from 'jpeg-js';
import { DataError } from '../errors';
import type { Pixels } from './pixels';
import { concatenate, runDecoder } from './pixels';
import { checkPixels } from './png';

/** What the decoder may use beside the pixels. */
const MEMORY_MB = 1024;
/** Each scan of a progressive file goes over the picture again; no encoder writes half as many of one component. */
const MAX_SCANS = 100;

interface Component {
  /** Blocks in a scan with others, which is of whole units. */
  readonly blocks: number;
  /** Blocks in a scan of its own. */
  readonly ownBlocks: number;
  scans: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly components: Map<number, Component>;
}

const refuse = (problem: string) => new DataError('decodeImage', problem);

/** Reads a JPEG file as red, green and blue, or grey as three equal ones. @throws DataError. */
export function decodeJpeg(bytes: Uint8Array, maxPixels: number): Pixels {
  const checked = inspect(bytes, maxPixels);
  return runDecoder(() => {
    const { width, height, data } = jpeg.decode(checked, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Number.POSITIVE_INFINITY,
      maxMemoryUsageInMB: MEMORY_MB,
    });
    return { width, height, channels: 3, data };
  });
}

/** Tables, frames, restart intervals and what Adobe says of colours; all else says nothing about the pixels. */
const NEEDED = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xda, 0xdb, 0xdd, 0xee]);

/**
 * Refuses what would make the decoder work without end: it takes 256 bytes for each block of 64 values that the header claims, and
 * goes over all of them for each scan, whether there is data or not.
 *
 * @returns the segments that it has looked at and that are needed, so that the decoder sees nothing else.
 */
function inspect(bytes: Uint8Array, maxPixels: number): Uint8Array {
  let frame: Frame | undefined;
  let scans = 0;
  const parts = [bytes.subarray(0, 2)];
  for (let at = 2; ; ) {
    // Some cameras leave bytes between segments.
    at = nextMarker(bytes, at);
    const begin = at;
    const code = bytes[at + 1];
    if (code === 0xd9) break;
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    const content = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || at + 2 + length > bytes.length) {
      throw refuse(`the file ends inside the segment at byte ${at}`);
    }
    at += 2 + length;
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) {
      if (frame) throw refuse('there are two frames');
      frame = readFrame(code, content, maxPixels);
    } else if (code === 0xda) {
      const end = endOfScan(bytes, at);
      checkScan(frame, content, end - at);
      scans++;
      at = end;
    }
    if (NEEDED.has(code)) parts.push(bytes.subarray(begin, at));
  }
  if (scans === 0) throw refuse('there is no scan');
  return concatenate([...parts, Uint8Array.of(0xff, 0xd9)]);
}

function nextMarker(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw refuse('the file ends before its last marker');
    const code = bytes[at + 1];
    // Restarts and the beginning stand alone: they have no length.
    if (code >= 0xc0 && code < 0xff && !(code >= 0xd0 && code <= 0xd8)) return at;
  }
}

function readFrame(code: number, content: Uint8Array, maxPixels: number): Frame {
  if (code > 0xc2) throw refuse(`the kind of the frame (0x${code.toString(16)}) is not supported`);
  const [precision, high1, low1, high2, low2, count] = content;
  const [height, width] = [(high1 << 8) | low1, (high2 << 8) | low2];
  if (content.length !== 6 + 3 * count || ![1, 3, 4].includes(count) || precision !== 8) {
    throw refuse('the frame is damaged, or not of 1, 3 or 4 components of 8 bits');
  }
  if (width === 0 || height === 0) throw refuse('the picture has no pixels');
  checkPixels(width, height, maxPixels);
  const factors = Array.from({ length: count }, (_, i) => {
    const both = content[7 + 3 * i];
    return [both >> 4, both & 15] as const;
  });
  if (factors.some((pair) => pair.some((factor) => factor < 1 || factor > 4))) {
    throw refuse('a component has a sampling factor that is not 1 to 4');
  }
  const [mostAcross, mostDown] = [0, 1].map((i) => Math.max(...factors.map((pair) => pair[i])));
  const units = Math.ceil(width / (8 * mostAcross)) * Math.ceil(height / (8 * mostDown));
  const blocksOf = (length: number, factor: number, most: number) =>
    Math.ceil(Math.ceil((length * factor) / most) / 8);
  const components = new Map(
    factors.map(([across, down], i) => {
      const blocks = units * across * down;
      const ownBlocks = blocksOf(width, across, mostAcross) * blocksOf(height, down, mostDown);
      return [content[6 + 3 * i], { blocks, ownBlocks, scans: 0 }];
    }),
  );
  return { width, height, progressive: code === 0xc2, components };
}

/** Where the marker after the data of a scan is; restarts and stuffed bytes belong to the data. */
function endOfScan(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw refuse('the file ends inside its data');
    const code = bytes[at + 1];
    if (code !== 0 && code !== 0xff && (code < 0xd0 || code > 0xd7)) return at;
  }
}

function checkScan(frame: Frame | undefined, content: Uint8Array, length: number): void {
  if (!frame) throw refuse('a scan comes before the frame');
  const count = content[0];
  if (count < 1 || count > 4 || content.length !== 4 + 2 * count) throw refuse('a scan is damaged');
  let blocks = 0;
  for (let i = 0; i < count; i++) {
    const component = frame.components.get(content[1 + 2 * i]);
    if (!component) throw refuse('a scan is of a component that the frame lacks');
    if (++component.scans > (frame.progressive ? MAX_SCANS : 1)) {
      throw refuse('there are more scans than a picture needs');
    }
    blocks += count === 1 ? component.ownBlocks : component.blocks;
  }
  // A block takes two bits at least, in a progressive file one; only later scans of that can pass over blocks for nothing.
  const first = content[1 + 2 * count] === 0;
  const bits = frame.progressive ? (first ? 1 : 0) : 2;
  if (bits * blocks > 8 * length) throw refuse('there is less data than so many pixels need');
}
