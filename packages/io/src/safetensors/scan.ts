/** A look at a header before `JSON.parse`, which would build whatever a hostile one nests or repeats, at many times its size. */

import { FormatError } from '../errors';

const FORMAT = 'safetensors';
/** The most tensors and metadata strings; the largest published models have a hundredth of it. */
export const MAX_ENTRIES = 1_000_000;
/** An entry of the header is an object of lists. */
const MAX_DEPTH = 3;
/** A tensor is described by three keys; files with a few more are read. */
const MAX_KEYS = 16;
/** Its shape has 64 sizes at most; a few more are refused by the one who can name the tensor. */
const MAX_SIZES = 1000;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const METADATA = new TextEncoder().encode('__metadata__');
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * Refuses a header that nests deeper than the format does, or holds more entries than it may; all else is left to the parser.
 *
 * @param bytes - the header, UTF-8 or not.
 * @throws FormatError with the offset in the file.
 */
export function scanHeader(bytes: Uint8Array): void {
  // Commas so far in the open objects and lists.
  const commas: number[] = [];
  let inMetadata = false;
  let key = false;
  const refuse = (problem: string, at: number) =>
    new FormatError(FORMAT, problem, { offset: 8 + at });
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = endOfString(bytes, at);
      if (commas.length === 1) key = isMetadataKey(bytes, at + 1, end);
      at = end;
    } else if (OPEN.has(byte)) {
      if (commas.length === MAX_DEPTH) throw refuse('the header is nested too deep', at);
      if (commas.length === 1) inMetadata = key;
      commas.push(0);
    } else if (CLOSE.has(byte)) commas.pop();
    else if (byte === COMMA && commas.length > 0) {
      const count = ++commas[commas.length - 1];
      const most = commas.length === 1 || inMetadata ? MAX_ENTRIES : MAX_KEYS;
      if (count >= (commas.length === MAX_DEPTH ? MAX_SIZES : most)) {
        throw refuse('the header has more entries than the format allows', at);
      }
    }
  }
}

function isMetadataKey(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== METADATA.length) return false;
  return METADATA.every((byte, i) => bytes[start + i] === byte);
}

/** The place of the last quote of the string that opens at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === QUOTE) return at;
  }
  return bytes.length;
}
