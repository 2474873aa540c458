/** Images as data URIs. */

import { ShapeError, type Tensor } from '@dl/tensor';
import { encode } from 'fast-png';
import { takes } from '../../signatures';

/**
 * An image as a PNG in a `data:` URI, its values stretched to black and white.
 *
 * @param image - [H, W], [1, H, W] or [3, H, W]. @throws ShapeError for other shapes.
 */
export function pngDataUri(image: Tensor): string {
  takes('pngDataUri', arguments);
  const [channels, height, width] = image.ndim === 2 ? [1, ...image.shape] : image.shape;
  if (image.ndim < 2 || image.ndim > 3 || (channels !== 1 && channels !== 3)) {
    throw new ShapeError('pngDataUri', 'this is not an image', {
      args: { image },
      expected: '[H, W], [1, H, W] or [3, H, W]',
    });
  }
  const values = image.dataSync();
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const factor = high > low ? 255 / (high - low) : 0;
  const pixels = height * width;
  const data = new Uint8Array(channels * pixels);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) {
      data[i * channels + c] = Math.round((values[c * pixels + i] - low) * factor);
    }
  }
  const png = encode({ width, height, data, channels, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
