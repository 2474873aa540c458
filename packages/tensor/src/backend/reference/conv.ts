/** Convolution and its two transposes, as sums of shifted rows; each plane is summed in double. */

import type { TypedArray } from '../../core/dtype';
import type { ConvAttributes, Kernel } from '../../ops/table';
import { elements } from './walk';

/** The window position i where `0 <= i * stride + shift < size`, from `first` to before `end`. */
interface Span {
  readonly first: number;
  readonly end: number;
  readonly shift: number;
}

/** For each kernel row (or column) the output positions whose input is not padding. */
function spans(
  axis: 0 | 1,
  kernel: number,
  input: number,
  output: number,
  { stride, padding, dilation }: ConvAttributes,
): Span[] {
  const step = stride[axis];
  return Array.from({ length: kernel }, (_, k) => {
    const shift = k * dilation[axis] - padding[2 * axis];
    const first = Math.max(0, Math.ceil(-shift / step));
    const end = Math.min(output, Math.floor((input - 1 - shift) / step) + 1);
    return { first, end, shift };
  });
}

/** The geometry that the three kernels share. */
interface Geometry {
  readonly batch: number;
  readonly groups: number;
  /** Channels of one group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly rows: readonly Span[];
  readonly columns: readonly Span[];
  readonly stride: readonly [number, number];
}

function geometry(
  x: readonly number[],
  weight: readonly number[],
  g: readonly number[],
  attributes: ConvAttributes,
): Geometry {
  const { groups, stride } = attributes;
  const [batch, , height, width] = x;
  const [, inputs, kernelHeight, kernelWidth] = weight;
  const [, outputs, outHeight, outWidth] = g;
  return {
    batch,
    groups,
    inputs,
    outputs: outputs / groups,
    height,
    width,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    rows: spans(0, kernelHeight, height, outHeight, attributes),
    columns: spans(1, kernelWidth, width, outWidth, attributes),
    stride,
  };
}

/** sums[i, j] += factor · image[i·s + u, j·s + v] over the positions inside the image. */
function gatherPlane(
  sums: Float64Array,
  image: TypedArray,
  start: number,
  factor: number,
  { width, outWidth, stride }: Geometry,
  row: Span,
  column: Span,
): void {
  const step = stride[1];
  for (let i = row.first; i < row.end; i++) {
    let p = start + (i * stride[0] + row.shift) * width + column.first * step + column.shift;
    const end = i * outWidth + column.end;
    for (let q = i * outWidth + column.first; q < end; q++) {
      sums[q] += factor * image[p];
      p += step;
    }
  }
}

/** The transpose of `gatherPlane`: sums[i·s + u, j·s + v] += factor · g[i, j]. */
function scatterPlane(
  sums: Float64Array,
  g: TypedArray,
  start: number,
  factor: number,
  { width, outWidth, stride }: Geometry,
  row: Span,
  column: Span,
): void {
  const step = stride[1];
  for (let i = row.first; i < row.end; i++) {
    let p = (i * stride[0] + row.shift) * width + column.first * step + column.shift;
    const end = start + i * outWidth + column.end;
    for (let q = start + i * outWidth + column.first; q < end; q++) {
      sums[p] += factor * g[q];
      p += step;
    }
  }
}

/** Σ g[i, j] · image[i·s + u, j·s + v] over the positions inside the image. */
function planeProduct(
  image: TypedArray,
  imageStart: number,
  g: TypedArray,
  start: number,
  { width, outWidth, stride }: Geometry,
  row: Span,
  column: Span,
): number {
  const step = stride[1];
  let total = 0;
  for (let i = row.first; i < row.end; i++) {
    let p = imageStart + (i * stride[0] + row.shift) * width + column.first * step + column.shift;
    const end = start + i * outWidth + column.end;
    for (let q = start + i * outWidth + column.first; q < end; q++) {
      total += g[q] * image[p];
      p += step;
    }
  }
  return total;
}

const conv2d: Kernel<'conv2d'> = ([x, weight], attributes, [out]) => {
  const geo = geometry(x.shape, weight.shape, out.shape, attributes);
  const [image, kernel, target] = [elements(x), elements(weight), elements(out)];
  const sums = new Float64Array(geo.outHeight * geo.outWidth);
  const taps = geo.kernelHeight * geo.kernelWidth;
  let o = 0;
  for (let n = 0; n < geo.batch; n++) {
    for (let oc = 0; oc < geo.groups * geo.outputs; oc++) {
      const group = Math.floor(oc / geo.outputs);
      sums.fill(0);
      for (let ic = 0; ic < geo.inputs; ic++) {
        const channel = (n * geo.groups + group) * geo.inputs + ic;
        const start = x.offset + channel * geo.height * geo.width;
        const tap = weight.offset + (oc * geo.inputs + ic) * taps;
        for (let t = 0; t < taps; t++) {
          const row = geo.rows[Math.floor(t / geo.kernelWidth)];
          const column = geo.columns[t % geo.kernelWidth];
          gatherPlane(sums, image, start, kernel[tap + t], geo, row, column);
        }
      }
      target.set(sums, o);
      o += sums.length;
    }
  }
};

const conv2dInput: Kernel<'conv2dInput'> = ([g, weight], attributes, [out]) => {
  const geo = geometry(out.shape, weight.shape, g.shape, attributes);
  const [source, kernel, target] = [elements(g), elements(weight), elements(out)];
  const sums = new Float64Array(geo.height * geo.width);
  const taps = geo.kernelHeight * geo.kernelWidth;
  let o = 0;
  for (let n = 0; n < geo.batch; n++) {
    for (let channel = 0; channel < geo.groups * geo.inputs; channel++) {
      const group = Math.floor(channel / geo.inputs);
      const ic = channel % geo.inputs;
      sums.fill(0);
      for (let oc = group * geo.outputs; oc < (group + 1) * geo.outputs; oc++) {
        const plane = n * geo.groups * geo.outputs + oc;
        const start = g.offset + plane * geo.outHeight * geo.outWidth;
        const tap = weight.offset + (oc * geo.inputs + ic) * taps;
        for (let t = 0; t < taps; t++) {
          const row = geo.rows[Math.floor(t / geo.kernelWidth)];
          const column = geo.columns[t % geo.kernelWidth];
          scatterPlane(sums, source, start, kernel[tap + t], geo, row, column);
        }
      }
      target.set(sums, o);
      o += sums.length;
    }
  }
};

const conv2dWeight: Kernel<'conv2dWeight'> = ([x, g], attributes, [out]) => {
  const geo = geometry(x.shape, out.shape, g.shape, attributes);
  const [image, source, target] = [elements(x), elements(g), elements(out)];
  const plane = geo.outHeight * geo.outWidth;
  const taps = geo.kernelHeight * geo.kernelWidth;
  let o = 0;
  for (let oc = 0; oc < geo.groups * geo.outputs; oc++) {
    const group = Math.floor(oc / geo.outputs);
    for (let ic = 0; ic < geo.inputs; ic++) {
      for (let t = 0; t < taps; t++) {
        const row = geo.rows[Math.floor(t / geo.kernelWidth)];
        const column = geo.columns[t % geo.kernelWidth];
        let total = 0;
        for (let n = 0; n < geo.batch; n++) {
          const channel = (n * geo.groups + group) * geo.inputs + ic;
          const imageStart = x.offset + channel * geo.height * geo.width;
          const start = g.offset + (n * geo.groups * geo.outputs + oc) * plane;
          total += planeProduct(image, imageStart, source, start, geo, row, column);
        }
        target[o++] = total;
      }
    }
  }
};

/** Kernels of convolution, by name. Integers are exact while sums stay below 2⁵³. */
export const convKernels: {
  conv2d: Kernel<'conv2d'>;
  conv2dInput: Kernel<'conv2dInput'>;
  conv2dWeight: Kernel<'conv2dWeight'>;
} = { conv2d, conv2dInput, conv2dWeight };
