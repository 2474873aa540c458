/** Convolutions of the WebAssembly backend. */

import type { Tensor } from '../../core/tensor';
import type {
  BackwardKernel,
  ConvAttributes,
  FusedKernels,
  Kernel,
  Kernels,
} from '../../ops/table';
import type { Finish, Geometry } from './geometry';
import { describe, frameBytes, geometryOf, PLAIN } from './geometry';
import type { Machine } from './machine';
import { address, addresses, addressOf, attempting, plain, present } from './machine';
import { GRAIN } from './matmul';
import { borrow } from './memory/scratch';
import type { Address } from './module/exports';
import type { KernelArguments, KernelName } from './module/load';
import { prefersWinograd, winograd, winogradWeight } from './winograd';

/** Addresses of an image (or its gradient), kernels and a result, in the order that a kernel has. */
type Places = readonly [Address, Address, Address];
/** Images, groups, and the channels of one group: inputs and outputs. */
type Counts = readonly [batch: number, groups: number, inputs: number, outputs: number];

/** y = x ⋆ w for addresses, finished; cut by planes of batch · groups, or by pixels where there are few planes. */
function convolve(
  machine: Machine,
  [x, w, y]: Places,
  [batch, groups, inputs, outputs]: Counts,
  at: Geometry,
  finish: Finish = PLAIN,
): void {
  const { pool, sizes } = machine;
  describe(machine, at);
  if (groups === 1 && prefersWinograd(batch, inputs, outputs, at)) {
    const layout = { w, outputStep: inputs * 9, inputStep: 9, turned: false };
    winograd(machine, [x, y], layout, [batch, inputs, outputs], at, finish);
    return;
  }
  if (inputs === 1 && groups > 1) {
    depthwise(machine, [x, w, y], [batch, groups, outputs], at, finish);
    return;
  }
  const planes = batch * groups;
  const pixels = at.grid[0] * at.grid[1];
  const work = outputs * inputs * at.kernel[0] * at.kernel[1];
  const byPlanes = planes >= 2 * pool.threads;
  const items = byPlanes ? planes : Math.ceil(pixels / 32);
  const grain = Math.ceil(GRAIN / (work * (byPlanes ? pixels : 32 * planes)));
  const parts = pool.partsOf(items, grain);
  const some = machine.kernels.framedChannels(inputs, at.kernel[0] * at.kernel[1]);
  const bytes = frameBytes(some, at);
  const fixed = [sizes, x, w, y, groups, inputs, outputs] as const;
  const cut = (part: number) => Math.floor((part * items) / parts);
  borrow(machine, Array<number>(bytes > 0 ? parts : 0).fill(bytes), (buffers) => {
    pool.run('conv2d', parts, (part) => {
      const [first, end] = [cut(part), cut(part + 1)];
      const range = byPlanes
        ? ([first, end, 0, pixels] as const)
        : ([0, planes, first * 32, Math.min(end * 32, pixels)] as const);
      return [...fixed, ...range, buffers[part] ?? 0, ...finish];
    });
  });
}

function conv2d(machine: Machine): Kernel<'conv2d'> {
  return attempting('conv2d', ([x, w], attributes, [y]) => {
    if (!plain(x, w)) return false;
    if (y.size === 0) return true;
    const { groups } = attributes;
    const counts = [x.shape[0], groups, w.shape[1], w.shape[0] / groups] as const;
    convolve(machine, addresses(x, w, y), counts, geometryOf(x, w, y, attributes));
    return true;
  });
}

/** Shares planes of `work` multiplications each, with a framed image for each part where windows leave it. */
function sharePlanes<K extends KernelName>(
  machine: Machine,
  name: K,
  planes: number,
  work: number,
  at: Geometry,
  argumentsOf: (from: number, to: number, scratch: number) => KernelArguments<K>,
): void {
  const parts = machine.pool.partsOf(planes, Math.ceil(GRAIN / Math.max(1, work)));
  const cut = (part: number) => Math.floor((part * planes) / parts);
  const bytes = frameBytes(1, at);
  borrow(machine, Array<number>(bytes > 0 ? parts : 0).fill(bytes), (buffers) => {
    machine.pool.run(name, parts, (part) =>
      argumentsOf(cut(part), cut(part + 1), buffers[part] ?? 0),
    );
  });
}

/** Multiplications of a plane. */
const planeWork = ({ grid, kernel }: Geometry) => grid[0] * grid[1] * kernel[0] * kernel[1];

/** y = x ⋆ w where every group has one input channel and `multiplier` outputs. */
function depthwise(
  machine: Machine,
  [x, w, y]: Places,
  [batch, channels, multiplier]: readonly [number, number, number],
  at: Geometry,
  finish: Finish,
): void {
  const planes = batch * channels * multiplier;
  sharePlanes(machine, 'depthwise', planes, planeWork(at), at, (from, to, scratch) => [
    machine.sizes,
    x,
    w,
    y,
    channels,
    multiplier,
    from,
    to,
    scratch,
    ...finish,
  ]);
}

/** The gradient of `depthwise` in its kernels. */
function depthwiseWeight(
  machine: Machine,
  places: Places,
  [batch, channels, multiplier]: readonly [number, number, number],
  at: Geometry,
): void {
  const work = batch * planeWork(at);
  const planes = channels * multiplier;
  sharePlanes(machine, 'depthwiseWeight', planes, work, at, (from, to, scratch) => [
    machine.sizes,
    ...places,
    batch,
    channels,
    multiplier,
    from,
    to,
    scratch,
  ]);
}

/** Adds x ⋆ w to y, or writes it there, with bias and activation on the way. */
function convolveTensors(
  machine: Machine,
  y: Tensor,
  [x, w, bias]: readonly [Tensor, Tensor, Tensor | undefined],
  attributes: ConvAttributes & { readonly activation: 'none' | 'relu' },
  adds: boolean,
): void {
  const { groups, activation } = attributes;
  const counts = [x.shape[0], groups, w.shape[1], w.shape[0] / groups] as const;
  const finish = [Number(adds), addressOf(bias), Number(activation === 'relu')] as const;
  convolve(machine, addresses(x, w, y), counts, geometryOf(x, w, y, attributes), finish);
}

function convolution(machine: Machine): Kernel<'convolution'> {
  const kernel: Kernel<'convolution'> = (inputs, attributes, [y]) =>
    convolveTensors(machine, y, inputs, attributes, false);
  kernel.supports = (inputs) => plain(...present(inputs)) && inputs[1].size > 0;
  return kernel;
}

/** The gradients of the image and of the kernels are convolutions, that of the bias is a sum. */
function convolutionBackward(): BackwardKernel<'convolution'> {
  return ([g], [x, w], _, attributes, [gX, gW, gBias]) => {
    const { conv2dInput, conv2dWeight, sum } = x.storage.backend.kernels;
    const [[, , height, width], [, , rows, columns]] = [x.shape, w.shape];
    if (gX) conv2dInput([g, w], { ...attributes, inputSize: [height, width] }, [gX]);
    if (gW) conv2dWeight([x, g], { ...attributes, kernelSize: [rows, columns] }, [gW]);
    if (gBias) sum([g], { axes: [0, 2, 3], keepdim: false }, [gBias]);
  };
}

function convolveInto(machine: Machine): Kernel<'convolveInto'> {
  const kernel: Kernel<'convolveInto'> = ([target, ...inputs], attributes) =>
    convolveTensors(machine, target, inputs, attributes, true);
  kernel.supports = (inputs) => {
    const [target, x, w] = inputs;
    // The target is written while x is read.
    return plain(...present(inputs)) && w.size > 0 && target.storage !== x.storage;
  };
  return kernel;
}

/** Up to so many channels an image gradient is cheaper by columns: packing windows costs more than they give. */
const FEW_CHANNELS = 16;

function conv2dInput(machine: Machine): Kernel<'conv2dInput'> {
  return attempting('conv2dInput', ([g, w], attributes, [x]) => {
    if (!plain(g, w)) return false;
    if (x.size === 0) return true;
    const { stride, padding, dilation } = attributes;
    const [, inputs, height, width] = w.shape;
    const steps = stride[0] > 1 || stride[1] > 1;
    const single = inputs === 1 && w.shape[0] === attributes.groups;
    if (steps || (inputs <= FEW_CHANNELS && height * width > 1 && !single))
      inputByColumns(machine, g, w, x, attributes);
    else
      inputByWindows(machine, g, w, x, attributes, {
        image: g.shape.slice(2),
        kernel: [height, width],
        grid: x.shape.slice(2),
        stride: [1, 1],
        padding: [(height - 1) * dilation[0] - padding[0], (width - 1) * dilation[1] - padding[2]],
        dilation,
      });
    return true;
  });
}

/** Without strides the gradient in the image is a convolution of the output's gradient with the turned kernels. */
function inputByWindows(
  machine: Machine,
  g: Tensor,
  w: Tensor,
  x: Tensor,
  { groups }: ConvAttributes,
  at: Geometry,
): void {
  const [outputs, inputs, height, width] = w.shape;
  if (groups === 1 && prefersWinograd(g.shape[0], outputs, inputs, at)) {
    describe(machine, at);
    const layout = { w: address(w), outputStep: 9, inputStep: inputs * 9, turned: true };
    winograd(machine, [address(g), address(x)], layout, [g.shape[0], outputs, inputs], at, PLAIN);
    return;
  }
  const each = outputs / groups;
  borrow(machine, [w.size * 4], ([turned]) => {
    machine.kernels.turnKernels(address(w), turned, groups, each, inputs, height * width);
    const counts = [g.shape[0], groups, each, inputs] as const;
    convolve(machine, [address(g), turned, address(x)], counts, at);
  });
}

/** The product of turned kernels and gradient, added to the pixels that it reaches. */
function inputByColumns(
  machine: Machine,
  g: Tensor,
  w: Tensor,
  x: Tensor,
  attributes: ConvAttributes,
): void {
  const { pool, sizes } = machine;
  const { groups } = attributes;
  const [outputs, inputs, height, width] = w.shape;
  describe(machine, geometryOf(g, w, x, attributes));
  const planes = g.shape[0] * groups;
  const pixels = g.shape[2] * g.shape[3];
  const work = (w.size / groups) * pixels;
  const parts = Math.min(planes, pool.partsOf(planes, Math.ceil(GRAIN / Math.max(1, work))));
  const bytes = inputs * height * width * pixels * 4;
  const fixed = [sizes, ...addresses(g, w, x), groups, inputs, outputs / groups] as const;
  const cut = (part: number) => Math.floor((part * planes) / parts);
  borrow(machine, Array<number>(parts).fill(bytes), (buffers) => {
    pool.run('conv2dInputByColumns', parts, (part) => [
      ...fixed,
      cut(part),
      cut(part + 1),
      buffers[part],
    ]);
  });
}

function conv2dWeight(machine: Machine): Kernel<'conv2dWeight'> {
  return attempting('conv2dWeight', ([x, g], attributes, [w]) => {
    if (!plain(x, g) || x.size === 0 || g.size === 0) return false;
    const { pool, sizes } = machine;
    const { groups } = attributes;
    const at = geometryOf(x, w, g, attributes);
    describe(machine, at);
    const outputs = w.shape[0] / groups;
    if (groups === 1 && prefersWinograd(x.shape[0], w.shape[1], outputs, at)) {
      winogradWeight(machine, addresses(x, g, w), [x.shape[0], w.shape[1], outputs], at);
      return true;
    }
    const columns = w.size / w.shape[0];
    const places = addresses(x, g, w);
    if (groups > 1 && w.shape[1] === 1) {
      depthwiseWeight(machine, places, [x.shape[0], groups, outputs], at);
      return true;
    }
    const fixed = [sizes, ...places, x.shape[0], groups, w.shape[1], outputs] as const;
    const grain = Math.max(24, Math.ceil(GRAIN / (g.size || 1)));
    const parts = pool.partsOf(columns, grain);
    const length = Math.ceil(columns / parts / 8) * 8;
    // A part meets the channels of its elements, the first and the last perhaps in part.
    const window = at.kernel[0] * at.kernel[1];
    const channels = Math.min(w.shape[1], Math.ceil(length / window) + 1);
    const count = Math.ceil(columns / length);
    const bytes = frameBytes(channels, at);
    borrow(machine, Array<number>(bytes > 0 ? count : 0).fill(bytes), (buffers) => {
      pool.run('conv2dWeight', count, (part) => [
        ...fixed,
        part * length,
        Math.min(columns, (part + 1) * length),
        buffers[part] ?? 0,
      ]);
    });
    return true;
  });
}

/** The kernels of convolutions. */
export function convKernels(machine: Machine): Partial<Kernels> {
  return {
    conv2d: conv2d(machine),
    conv2dInput: conv2dInput(machine),
    conv2dWeight: conv2dWeight(machine),
  };
}

/** The kernels of convolutions with what follows them. */
export function fusedConvKernels(machine: Machine): FusedKernels {
  return {
    convolution: convolution(machine),
    convolutionBackward: convolutionBackward(),
    convolveInto: convolveInto(machine),
  };
}
