/** Pooling kernels: plain loops over windows. */

import type { Kernel, PoolAttributes } from '../../ops/table';
import { elements } from './walk';

/** The first and the last kernel element that falls inside an axis of `size`, for the window that begins at `start`. */
function firstInside(start: number, dilation: number): number {
  return start >= 0 ? 0 : Math.ceil(-start / dilation);
}

function endInside(start: number, dilation: number, kernel: number, size: number): number {
  return Math.min(kernel, Math.floor((size - 1 - start) / dilation) + 1);
}

/** Calls `visit` for every window of a plane: its number, and its kernel elements inside the image. */
type Visit = (window: number, rows: Range, columns: Range) => void;

/** Positions start + k · dilation for k from `from` to before `to`. */
interface Range {
  start: number;
  from: number;
  to: number;
}

function forEachWindow(
  height: number,
  width: number,
  { kernel, stride, padding, dilation, output }: PoolAttributes,
  visit: Visit,
): void {
  const rows: Range = { start: 0, from: 0, to: 0 };
  const columns: Range = { start: 0, from: 0, to: 0 };
  for (let i = 0; i < output[0]; i++) {
    rows.start = i * stride[0] - padding[0];
    rows.from = firstInside(rows.start, dilation[0]);
    rows.to = endInside(rows.start, dilation[0], kernel[0], height);
    for (let j = 0; j < output[1]; j++) {
      columns.start = j * stride[1] - padding[2];
      columns.from = firstInside(columns.start, dilation[1]);
      columns.to = endInside(columns.start, dilation[1], kernel[1], width);
      visit(i * output[1] + j, rows, columns);
    }
  }
}

const maxPool2d: Kernel<'maxPool2d'> = ([x], attributes, [values, indices]) => {
  const [source, best, where] = [elements(x), elements(values), elements(indices)];
  const [batch, channels, height, width] = x.shape;
  const [down, right] = attributes.dilation;
  const windows = attributes.output[0] * attributes.output[1];
  for (let plane = 0; plane < batch * channels; plane++) {
    const start = x.offset + plane * height * width;
    forEachWindow(height, width, attributes, (window, rows, columns) => {
      let maximum = -Infinity;
      let at = -1;
      for (let u = rows.from; u < rows.to; u++) {
        const row = (rows.start + u * down) * width + columns.start;
        for (let v = columns.from; v < columns.to; v++) {
          const value = source[start + row + v * right];
          // The first element counts even if it is −∞; a NaN stays, for nothing compares above it.
          if (at < 0 || value > maximum || (Number.isNaN(value) && !Number.isNaN(maximum))) {
            maximum = value;
            at = row + v * right;
          }
        }
      }
      best[plane * windows + window] = maximum;
      where[plane * windows + window] = at;
    });
  }
};

const sumPool2d: Kernel<'sumPool2d'> = ([x], attributes, [out]) => {
  const [source, target] = [elements(x), elements(out)];
  const [batch, channels, height, width] = x.shape;
  const [down, right] = attributes.dilation;
  const windows = attributes.output[0] * attributes.output[1];
  for (let plane = 0; plane < batch * channels; plane++) {
    const start = x.offset + plane * height * width;
    forEachWindow(height, width, attributes, (window, rows, columns) => {
      let total = 0;
      for (let u = rows.from; u < rows.to; u++) {
        const row = start + (rows.start + u * down) * width + columns.start;
        for (let v = columns.from; v < columns.to; v++) total += source[row + v * right];
      }
      target[plane * windows + window] = total;
    });
  }
};

const sumPool2dInput: Kernel<'sumPool2dInput'> = ([g], attributes, [out]) => {
  const [source, target] = [elements(g), elements(out)];
  const [height, width] = attributes.inputSize;
  const [down, right] = attributes.dilation;
  const windows = attributes.output[0] * attributes.output[1];
  const sums = new Float64Array(height * width);
  for (let plane = 0; plane < out.shape[0] * out.shape[1]; plane++) {
    const start = g.offset + plane * windows;
    sums.fill(0);
    forEachWindow(height, width, attributes, (window, rows, columns) => {
      const value = source[start + window];
      for (let u = rows.from; u < rows.to; u++) {
        const row = (rows.start + u * down) * width + columns.start;
        for (let v = columns.from; v < columns.to; v++) sums[row + v * right] += value;
      }
    });
    target.set(sums, plane * sums.length);
  }
};

/** Kernels of pooling, by name. */
export const poolKernels: {
  maxPool2d: Kernel<'maxPool2d'>;
  sumPool2d: Kernel<'sumPool2d'>;
  sumPool2dInput: Kernel<'sumPool2dInput'>;
} = { maxPool2d, sumPool2d, sumPool2dInput };
