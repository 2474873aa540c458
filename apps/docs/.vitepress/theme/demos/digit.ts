/** Between drawings and the images that a network was trained on. */

/** A drawing as 28 × 28 numbers from 0 to 1, its middle in the middle, 20 pixels large; null where nothing was drawn. */
export function centred(board: HTMLCanvasElement): Float32Array | null {
  const context = board.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  const { width, height } = board;
  const { data } = context.getImageData(0, 0, width, height);
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x)] < 40) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return null;
  const small = document.createElement('canvas');
  small.width = small.height = 28;
  const target = small.getContext('2d', { willReadFrequently: true });
  if (!target) return null;
  target.fillStyle = '#000';
  target.fillRect(0, 0, 28, 28);
  target.imageSmoothingQuality = 'high';
  const [w, h] = [right - left + 1, bottom - top + 1];
  const scale = 20 / Math.max(w, h);
  const x = 14 - (w * scale) / 2;
  const y = 14 - (h * scale) / 2;
  target.drawImage(board, left, top, w, h, x, y, w * scale, h * scale);
  const pixels = target.getImageData(0, 0, 28, 28).data;
  return Float32Array.from({ length: 784 }, (_, i) => pixels[4 * i] / 255);
}

/** A map of activations, stretched from black to white. */
export function paintMap(
  canvas: HTMLCanvasElement | undefined,
  values: ArrayLike<number>,
  height: number,
  width: number,
): void {
  if (!canvas) return;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(width, height);
  let most = 1e-6;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  for (let i = 0; i < values.length; i++) {
    const value = (255 * values[i]) / most;
    image.data.set([value, value, value, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}
