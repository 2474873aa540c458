/** What decoders of pictures make. */

/** Rows from the top, in each row pixels, in each pixel channels: grey, grey and opacity, red, green, blue, or these and opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}
