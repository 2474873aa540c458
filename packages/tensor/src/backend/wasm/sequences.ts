/** Fused kernels of recurrent networks and normalisation. */

import { allocate } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import type { BackwardKernel, FusedKernels, Kernel } from '../../ops/table';
import type { Machine } from './kernels';
import { address, plain, sumColumns } from './kernels';
import { multiply } from './products';

const present = (inputs: readonly (Tensor | undefined)[]) =>
  inputs.filter((x): x is Tensor => x !== undefined);
const addressOf = (x: Tensor | undefined) => (x ? address(x) : 0);

/** Numbers in one piece, with the copies to let go of afterwards. */
function dense(gradients: readonly Tensor[]): { whole: Tensor[]; release(): void } {
  const whole = gradients.map((g) => g.contiguous());
  return {
    whole,
    release() {
      whole.forEach((g, i) => {
        if (g !== gradients[i]) g.dispose();
      });
    },
  };
}

/** Elements that one thread normalises in some ten microseconds. */
const GRAIN = 32768;

function batchNorm({ pool }: Machine): Kernel<'batchNorm'> {
  const kernel: Kernel<'batchNorm'> = ([x, weight, bias], { eps }, [y, mean, variance]) => {
    const [batch, channels] = x.shape;
    const size = x.size / (batch * channels);
    const places = [address(x), addressOf(weight), addressOf(bias), address(y)];
    const fixed = [...places, address(mean), address(variance), batch, channels, size, eps];
    const grain = Math.ceil(GRAIN / (batch * size));
    pool.share('batchNorm', channels, grain, 1, (first, end) => [...fixed, first, end]);
  };
  kernel.supports = (inputs) => plain(...present(inputs)) && inputs[0].size > 0;
  return kernel;
}

function batchNormBackward({ pool }: Machine): BackwardKernel<'batchNorm'> {
  return (gradients, inputs, [, mean, variance], { eps }, needed) => {
    const { whole, release } = dense(gradients);
    const [x, weight, bias] = inputs;
    const { backend } = x.storage;
    const all = [...present(inputs), ...whole];
    const result = [x, weight, bias].map((input, i) =>
      input && (i === 0 || needed[i]) ? allocate(backend, input, all) : undefined,
    );
    const [batch, channels] = x.shape;
    const size = x.size / (batch * channels);
    const fixed = [
      ...[address(x), addressOf(weight), ...whole.map(address), address(mean), address(variance)],
      ...result.map(addressOf),
      ...[batch, channels, size, eps],
    ];
    const grain = Math.ceil(GRAIN / (batch * size));
    pool.share('batchNormBackward', channels, grain, 1, (first, end) => [...fixed, first, end]);
    release();
    return result;
  };
}

/** A weight packed for many products, and its address. */
function packed(
  { kernels, heap }: Machine,
  weight: Tensor,
  transposed: boolean,
): { at: number; release(): void } {
  const [rows, columns] = weight.shape;
  const [depth, width] = transposed ? [columns, rows] : [rows, columns];
  const bytes = kernels.packedBytes(depth, width);
  const at = heap.allocate(bytes);
  const [rowStep, columnStep] = transposed ? [1, columns] : [columns, 1];
  kernels.packAll(address(weight), rowStep, columnStep, depth, width, at);
  return { at, release: () => heap.release(at, bytes) };
}

/** Rows of the batch that are worth a thread: whole tiles. */
const ROWS = 12;

function lstm(machine: Machine): Kernel<'lstm'> {
  const kernel: Kernel<'lstm'> = ([projection, h0, c0, weight, bias], _, [h, c, gates]) => {
    const [time, batch] = projection.shape;
    const hidden = weight.shape[1];
    const right = packed(machine, weight, true);
    const before = [address(projection), address(h0), address(c0), right.at, addressOf(bias)];
    const fixed = [...before, address(h), address(c), address(gates), time, batch, hidden];
    machine.pool.share('lstmForward', batch, ROWS, ROWS / 2, (first, end) => [
      ...fixed,
      first,
      end,
    ]);
    right.release();
  };
  kernel.supports = (inputs) =>
    plain(...present(inputs)) && inputs[0].size > 0 && inputs[3].shape[1] % 4 === 0;
  return kernel;
}

function lstmBackward(machine: Machine): BackwardKernel<'lstm'> {
  const { heap, pool } = machine;
  return ([gH, gC], inputs, [h, c, gates], _, needed) => {
    const { whole, release } = dense([gH, gC]);
    const [projection, h0, c0, weight, bias] = inputs;
    const { backend } = projection.storage;
    const all = [...present(inputs), ...whole];
    const [time, batch, width] = projection.shape;
    const hidden = weight.shape[1];
    const [gProjection, gH0, gC0] = [projection, h0, c0].map((x) => allocate(backend, x, all));
    const right = packed(machine, weight, false);
    const fixed = [
      ...[...whole.map(address), address(c0), address(c), address(gates), right.at],
      ...[address(gProjection), address(gH0), address(gC0), time, batch, hidden],
    ];
    pool.share('lstmBackward', batch, ROWS, ROWS / 2, (first, end) => [...fixed, first, end]);
    right.release();
    let gWeight: Tensor | undefined;
    if (needed[3]) {
      gWeight = allocate(backend, weight, all);
      // The states before each step lie together: one product sums over all of them.
      const bytes = h.size * 4;
      const before = heap.allocate(bytes);
      const states = new Float32Array(heap.memory.buffer, before, h.size);
      states.set(new Float32Array(heap.memory.buffer, address(h0), h0.size));
      states.set(new Float32Array(heap.memory.buffer, address(h), h.size - h0.size), h0.size);
      const sizes = { rows: width, columns: hidden, depth: time * batch };
      const single = { count: 1, aBatch: 0, bBatch: 0, bias: 0 };
      const left = [address(gProjection), 1, width] as const;
      multiply(machine, left, [before, hidden, 1], address(gWeight), { ...sizes, ...single });
      heap.release(before, bytes);
    }
    let gBias: Tensor | undefined;
    if (bias && needed[4]) {
      gBias = allocate(backend, bias, all);
      sumColumns(machine, address(gProjection), address(gBias), 1, time * batch, width);
    }
    release();
    return [gProjection, gH0, gC0, gWeight, gBias];
  };
}

/** Kernels of whole sequences and of normalisation. */
export function sequenceKernels(machine: Machine): FusedKernels {
  return {
    batchNorm: batchNorm(machine),
    batchNormBackward: batchNormBackward(machine),
    lstm: lstm(machine),
    lstmBackward: lstmBackward(machine),
  };
}
