/** What decoders of pictures make, and what they share. */

import { DataError } from '../errors';

/** Rows from the top, in each row pixels, in each pixel channels: grey, grey and opacity, red, green, blue, or these and opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** The parts, one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Runs a library's decoder. @throws DataError for what it throws. */
export function runDecoder(decode: () => Pixels): Pixels {
  try {
    return decode();
  } catch (error) {
    // The decoder's own words are plain errors; what else it throws it did not foresee.
    const told = error instanceof Error && error.constructor === Error;
    throw new DataError('decodeImage', told ? error.message : 'the data is damaged');
  }
}
