/** Fused kernels of recurrent networks. */

import type { Tensor } from '../../core/tensor';
import type { BackwardKernel, FusedKernels, Kernel } from '../../ops/table';
import type { Addresses, Machine } from './machine';
import { address, addresses, addressOf, plain, present } from './machine';
import type { Matrix } from './matmul';
import { multiply, oneProduct } from './matmul';
import { borrow } from './memory/scratch';
import type { Address } from './module/exports';
import { sumColumns } from './reduce';

/** Lends rows of a weight packed for many products: `cuts` says where each part begins (default: one part). */
function withPacked(
  machine: Machine,
  weight: Tensor,
  transposed: boolean,
  use: (parts: readonly number[]) => void,
  cuts: readonly number[] = [0],
): void {
  const { kernels } = machine;
  const [height, columns] = weight.shape;
  const [rowStep, columnStep] = transposed ? [1, columns] : [columns, 1];
  const sizes = cuts.map((first, i) => {
    const rows = (cuts[i + 1] ?? height) - first;
    return transposed ? ([columns, rows] as const) : ([rows, columns] as const);
  });
  const bytes = sizes.map(([depth, width]) => kernels.packedBytes(depth, width));
  borrow(machine, bytes, (places) => {
    sizes.forEach(([depth, width], i) => {
      const from = address(weight) + 4 * cuts[i] * columns;
      kernels.packAll(from, rowStep, columnStep, depth, width, places[i]);
    });
    use(places);
  });
}

/** The addresses of results that the kernels write in any case: scratch memory for those that nobody wants. */
function withPlaces<const R extends readonly (Tensor | undefined)[]>(
  machine: Machine,
  results: R,
  like: readonly Tensor[],
  use: (places: Addresses<R>) => void,
): void {
  const unwanted = like.filter((_, i) => !results[i]).map((x) => 4 * x.size);
  borrow(machine, unwanted, (scratch) => {
    let next = 0;
    use(results.map((x) => (x ? address(x) : scratch[next++])) as unknown as Addresses<R>);
  });
}

/** The states before each step [T, N, H], one behind the other: a product sums over all steps at once. */
function withStatesBefore(
  machine: Machine,
  h0: Tensor,
  h: Tensor,
  use: (at: number) => void,
): void {
  borrow(machine, [h.size * 4], ([at]) => {
    // Borrowing may have made the memory grow.
    const { buffer } = machine.heap.memory;
    const states = new Float32Array(buffer, at, h.size);
    states.set(new Float32Array(buffer, address(h0), h0.size));
    states.set(new Float32Array(buffer, address(h), h.size - h0.size), h0.size);
    use(at);
  });
}

/** Rows of the batch that are worth a thread: whole tiles. */
const ROWS = 12;

function lstm(machine: Machine): Kernel<'lstm'> {
  const kernel: Kernel<'lstm'> = ([projection, h0, c0, weight, bias], _, [h, c, gates]) => {
    const [time, batch] = projection.shape;
    const hidden = weight.shape[1];
    withPacked(machine, weight, true, ([right]) => {
      const before = [...addresses(projection, h0, c0), right, addressOf(bias)] as const;
      const fixed = [...before, ...addresses(h, c, gates), time, batch, hidden] as const;
      machine.pool.share('lstmForward', batch, ROWS, ROWS / 2, (first, end) => [
        ...fixed,
        first,
        end,
      ]);
    });
  };
  kernel.supports = (inputs) =>
    plain(...present(inputs)) && inputs[0].size > 0 && inputs[3].shape[1] % 4 === 0;
  return kernel;
}

function lstmBackward(machine: Machine): BackwardKernel<'lstm'> {
  const { pool } = machine;
  return ([gH, gC], [projection, h0, c0, weight], [h, c, gates], _, results) => {
    const [gProjection, gH0, gC0, gWeight, gBias] = results;
    const [time, batch, width] = projection.shape;
    const hidden = weight.shape[1];
    withPlaces(machine, [gProjection, gH0, gC0], [projection, h0, c0], (places) => {
      withPacked(machine, weight, false, ([right]) => {
        const known = [...addresses(gH, gC, c0, c, gates), right] as const;
        const fixed = [...known, ...places, time, batch, hidden] as const;
        pool.share('lstmBackward', batch, ROWS, ROWS / 2, (first, end) => [...fixed, first, end]);
      });
      const [slopes] = places;
      if (gWeight)
        withStatesBefore(machine, h0, h, (states) => {
          const sizes = oneProduct(width, hidden, time * batch);
          multiply(machine, [slopes, 1, width], [states, hidden, 1], address(gWeight), sizes);
        });
      if (gBias) sumColumns(machine, slopes, address(gBias), 1, time * batch, width);
    });
  };
}

function rnn(machine: Machine): Kernel<'rnn'> {
  const kernel: Kernel<'rnn'> = ([projection, h0, weight, bias], { nonlinearity }, [h]) => {
    const [time, batch, hidden] = h.shape;
    withPacked(machine, weight, true, ([right]) => {
      const places = [...addresses(projection, h0), right, ...addresses(bias, h)] as const;
      const fixed = [...places, time, batch, hidden, Number(nonlinearity === 'relu')] as const;
      machine.pool.share('rnnForward', batch, ROWS, ROWS / 2, (first, end) => [
        ...fixed,
        first,
        end,
      ]);
    });
  };
  kernel.supports = (inputs) =>
    plain(...present(inputs)) && inputs[0].size > 0 && inputs[2].shape[1] % 4 === 0;
  return kernel;
}

function rnnBackward(machine: Machine): BackwardKernel<'rnn'> {
  return ([gH], [projection, h0, weight], [h], { nonlinearity }, results) => {
    const [gProjection, gH0, gWeight, gBias] = results;
    const [time, batch, hidden] = h.shape;
    withPlaces(machine, [gProjection, gH0], [projection, h0], (places) => {
      withPacked(machine, weight, false, ([right]) => {
        const known = [...addresses(gH, h), right, ...places] as const;
        const fixed = [...known, time, batch, hidden, Number(nonlinearity === 'relu')] as const;
        machine.pool.share('rnnBackward', batch, ROWS, ROWS / 2, (first, end) => [
          ...fixed,
          first,
          end,
        ]);
      });
      const [slopes] = places;
      if (gWeight)
        withStatesBefore(machine, h0, h, (states) => {
          const sizes = oneProduct(hidden, hidden, time * batch);
          multiply(machine, [slopes, 1, hidden], [states, hidden, 1], address(gWeight), sizes);
        });
      if (gBias) sumColumns(machine, slopes, address(gBias), 1, time * batch, hidden);
    });
  };
}

function gru(machine: Machine): Kernel<'gru'> {
  const kernel: Kernel<'gru'> = ([projection, h0, weight, bias], { resetAfter }, [h, gates]) => {
    const [time, batch, hidden] = h.shape;
    const compute = ([both, last]: readonly Address[]) => {
      const before = [
        ...addresses(projection, h0),
        both,
        last,
        ...addresses(bias, h, gates),
      ] as const;
      const fixed = [...before, time, batch, hidden, Number(resetAfter)] as const;
      machine.pool.share('gruForward', batch, ROWS, ROWS / 2, (first, end) => [
        ...fixed,
        first,
        end,
      ]);
    };
    withPacked(machine, weight, true, compute, [0, 2 * hidden]);
  };
  kernel.supports = (inputs) =>
    plain(...present(inputs)) && inputs[0].size > 0 && inputs[2].shape[1] % 4 === 0;
  return kernel;
}

function gruBackward(machine: Machine): BackwardKernel<'gru'> {
  return ([gH], [projection, h0, weight], [h, gates], { resetAfter }, results) => {
    const [gProjection, gH0, gWeight, gBias] = results;
    const [time, batch, hidden] = h.shape;
    // The last place is that of what the gradients of the weights come from, beside the first.
    withPlaces(machine, [gProjection, gH0, undefined], [projection, h0, h], (places) => {
      const compute = ([both, last]: readonly Address[]) => {
        const known = [...addresses(gH, h0, h, gates), both, last, ...places] as const;
        const fixed = [...known, time, batch, hidden, Number(resetAfter)] as const;
        machine.pool.share('gruBackward', batch, ROWS, ROWS / 2, (first, end) => [
          ...fixed,
          first,
          end,
        ]);
      };
      withPacked(machine, weight, false, compute, [0, 2 * hidden]);
      const [slopes, , extra] = places;
      const parts = { projection: slopes, extra, depth: time * batch, hidden, resetAfter };
      if (gWeight)
        withStatesBefore(machine, h0, h, (states) =>
          gruWeights(machine, parts, states, address(gWeight)),
        );
      if (gBias) gruBiases(machine, parts, address(gBias));
    });
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
  const width = 3 * hidden;
  const before: Matrix = [states, hidden, 1];
  multiply(machine, [projection, 1, width], before, to, oneProduct(2 * hidden, hidden, depth));
  const left: Matrix = resetAfter ? [extra, 1, hidden] : [projection + 8 * hidden, 1, width];
  const right: Matrix = resetAfter ? before : [extra, hidden, 1];
  multiply(machine, left, right, to + 8 * hidden * hidden, oneProduct(hidden, hidden, depth));
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
export function recurrentKernels(machine: Machine): FusedKernels {
  return {
    rnn: rnn(machine),
    rnnBackward: rnnBackward(machine),
    lstm: lstm(machine),
    lstmBackward: lstmBackward(machine),
    gru: gru(machine),
    gruBackward: gruBackward(machine),
  };
}
