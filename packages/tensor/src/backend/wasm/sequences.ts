/** Fused kernels of recurrent networks. */

import { allocate } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import type { BackwardKernel, FusedKernels, Kernel } from '../../ops/table';
import type { Machine } from './kernels';
import { address, plain, sumColumns } from './kernels';
import { addressOf, dense, present } from './norms';
import type { Matrix } from './products';
import { multiply } from './products';

/** Rows `first` to before `end` of a weight (default all) packed for many products, and their address. */
function packed(
  { kernels, heap }: Machine,
  weight: Tensor,
  transposed: boolean,
  first = 0,
  end = weight.shape[0],
): { at: number; release(): void } {
  const columns = weight.shape[1];
  const rows = end - first;
  const [depth, width] = transposed ? [columns, rows] : [rows, columns];
  const bytes = kernels.packedBytes(depth, width);
  const at = heap.allocate(bytes);
  const [rowStep, columnStep] = transposed ? [1, columns] : [columns, 1];
  const from = address(weight) + 4 * first * columns;
  kernels.packAll(from, rowStep, columnStep, depth, width, at);
  return { at, release: () => heap.release(at, bytes) };
}

const SINGLE = { count: 1, aBatch: 0, bBatch: 0, bias: 0 };

/** The states before each step [T, N, H], one behind the other: a product sums over all steps at once. */
function withStatesBefore(
  { heap }: Machine,
  h0: Tensor,
  h: Tensor,
  use: (at: number) => void,
): void {
  const bytes = h.size * 4;
  const at = heap.allocate(bytes);
  const states = new Float32Array(heap.memory.buffer, at, h.size);
  states.set(new Float32Array(heap.memory.buffer, address(h0), h0.size));
  states.set(new Float32Array(heap.memory.buffer, address(h), h.size - h0.size), h0.size);
  use(at);
  heap.release(at, bytes);
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
  const { pool } = machine;
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
      withStatesBefore(machine, h0, h, (states) => {
        const sizes = { ...SINGLE, rows: width, columns: hidden, depth: time * batch };
        const left = [address(gProjection), 1, width] as const;
        multiply(machine, left, [states, hidden, 1], addressOf(gWeight), sizes);
      });
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

function rnn(machine: Machine): Kernel<'rnn'> {
  const kernel: Kernel<'rnn'> = ([projection, h0, weight, bias], { nonlinearity }, [h]) => {
    const [time, batch, hidden] = h.shape;
    const right = packed(machine, weight, true);
    const places = [address(projection), address(h0), right.at, addressOf(bias), address(h)];
    const fixed = [...places, time, batch, hidden, Number(nonlinearity === 'relu')];
    machine.pool.share('rnnForward', batch, ROWS, ROWS / 2, (first, end) => [...fixed, first, end]);
    right.release();
  };
  kernel.supports = (inputs) =>
    plain(...present(inputs)) && inputs[0].size > 0 && inputs[2].shape[1] % 4 === 0;
  return kernel;
}

function rnnBackward(machine: Machine): BackwardKernel<'rnn'> {
  return (gradients, inputs, [h], { nonlinearity }, needed) => {
    const { whole, release } = dense(gradients);
    const [projection, h0, weight, bias] = inputs;
    const { backend } = projection.storage;
    const all = [...present(inputs), ...whole];
    const [time, batch, hidden] = h.shape;
    const [gProjection, gH0] = [projection, h0].map((x) => allocate(backend, x, all));
    const right = packed(machine, weight, false);
    const places = [address(whole[0]), address(h), right.at, address(gProjection), address(gH0)];
    const fixed = [...places, time, batch, hidden, Number(nonlinearity === 'relu')];
    machine.pool.share('rnnBackward', batch, ROWS, ROWS / 2, (first, end) => [
      ...fixed,
      first,
      end,
    ]);
    right.release();
    const [gWeight, gBias] = [weight, bias].map((x, i) =>
      x && needed[2 + i] ? allocate(backend, x, all) : undefined,
    );
    if (gWeight) {
      const left = [address(gProjection), 1, hidden] as const;
      const sizes = { ...SINGLE, rows: hidden, columns: hidden, depth: time * batch };
      withStatesBefore(machine, h0, h, (states) =>
        multiply(machine, left, [states, hidden, 1], address(gWeight), sizes),
      );
    }
    if (gBias) sumColumns(machine, address(gProjection), address(gBias), 1, time * batch, hidden);
    release();
    return [gProjection, gH0, gWeight, gBias];
  };
}

function gru(machine: Machine): Kernel<'gru'> {
  const kernel: Kernel<'gru'> = ([projection, h0, weight, bias], { resetAfter }, [h, gates]) => {
    const [time, batch, hidden] = h.shape;
    const both = packed(machine, weight, true, 0, 2 * hidden);
    const last = packed(machine, weight, true, 2 * hidden);
    const before = [address(projection), address(h0), both.at, last.at, addressOf(bias)];
    const sizes = [time, batch, hidden, Number(resetAfter)];
    const fixed = [...before, address(h), address(gates), ...sizes];
    machine.pool.share('gruForward', batch, ROWS, ROWS / 2, (first, end) => [...fixed, first, end]);
    both.release();
    last.release();
  };
  kernel.supports = (inputs) =>
    plain(...present(inputs)) && inputs[0].size > 0 && inputs[2].shape[1] % 4 === 0;
  return kernel;
}

function gruBackward(machine: Machine): BackwardKernel<'gru'> {
  const { heap, pool } = machine;
  return ([gH], inputs, [h, gates], { resetAfter }, needed) => {
    const { whole, release } = dense([gH]);
    const [projection, h0, weight, bias] = inputs;
    const { backend } = projection.storage;
    const all = [...present(inputs), ...whole];
    const [time, batch, hidden] = h.shape;
    const [gProjection, gH0] = [projection, h0].map((x) => allocate(backend, x, all));
    const both = packed(machine, weight, false, 0, 2 * hidden);
    const last = packed(machine, weight, false, 2 * hidden);
    const bytes = h.size * 4;
    const extra = heap.allocate(bytes);
    const before = [address(whole[0]), address(h0), address(h), address(gates), both.at, last.at];
    const sizes = [time, batch, hidden, Number(resetAfter)];
    const fixed = [...before, address(gProjection), address(gH0), extra, ...sizes];
    pool.share('gruBackward', batch, ROWS, ROWS / 2, (first, end) => [...fixed, first, end]);
    both.release();
    last.release();
    const [gWeight, gBias] = [weight, bias].map((x, i) =>
      x && needed[2 + i] ? allocate(backend, x, all) : undefined,
    );
    const parts = {
      projection: address(gProjection),
      extra,
      depth: time * batch,
      hidden,
      resetAfter,
    };
    if (gWeight) {
      withStatesBefore(machine, h0, h, (states) =>
        gruWeights(machine, parts, states, address(gWeight)),
      );
    }
    if (gBias) gruBiases(machine, parts, address(gBias));
    heap.release(extra, bytes);
    release();
    return [gProjection, gH0, gWeight, gBias];
  };
}

/** What the gradients of a GRU's weights come from; `extra` as in assembly/gru.ts. */
interface GruParts {
  readonly projection: number;
  readonly extra: number;
  /** Steps times batch. */
  readonly depth: number;
  readonly hidden: number;
  readonly resetAfter: boolean;
}

function gruWeights(
  machine: Machine,
  { projection, extra, depth, hidden, resetAfter }: GruParts,
  states: number,
  to: number,
): void {
  const sizes = { ...SINGLE, columns: hidden, depth };
  const width = 3 * hidden;
  const before: Matrix = [states, hidden, 1];
  multiply(machine, [projection, 1, width], before, to, { ...sizes, rows: 2 * hidden });
  const left: Matrix = resetAfter ? [extra, 1, hidden] : [projection + 8 * hidden, 1, width];
  const right: Matrix = resetAfter ? before : [extra, hidden, 1];
  multiply(machine, left, right, to + 8 * hidden * hidden, { ...sizes, rows: hidden });
}

function gruBiases(
  { kernels }: Machine,
  { projection, extra, depth, hidden, resetAfter }: GruParts,
  to: number,
): void {
  kernels.sumColumns(projection, to, 1, depth, 3 * hidden, 3 * hidden);
  // After the product the bias of n is inside what r multiplies.
  if (resetAfter) kernels.sumColumns(extra, to + 8 * hidden, 1, depth, hidden, hidden);
}

/** Kernels of whole sequences. */
export function sequenceKernels(machine: Machine): FusedKernels {
  return {
    rnn: rnn(machine),
    rnnBackward: rnnBackward(machine),
    lstm: lstm(machine),
    lstmBackward: lstmBackward(machine),
    gru: gru(machine),
    gruBackward: gruBackward(machine),
  };
}
