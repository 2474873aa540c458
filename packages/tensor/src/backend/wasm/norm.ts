/** Fused kernels of normalisation. */

import type { Tensor } from '../../core/tensor';
import type { BackwardKernel, FusedKernels, Kernel } from '../../ops/table';
import type { Machine } from './machine';
import { address, addresses, plain, present } from './machine';
import { borrow } from './memory/scratch';
import { sumColumns } from './reduce';

/** Rows over the last `axes` axes, and their length. */
export function rowsOf(x: Tensor, axes = 1): readonly [rows: number, length: number] {
  const length = x.shape.slice(x.ndim - axes).reduce((a, b) => a * b, 1);
  return [length === 0 ? 0 : x.size / length, length];
}

/** Elements that one thread normalises in some ten microseconds. */
const GRAIN = 32768;

function batchNorm({ pool }: Machine): Kernel<'batchNorm'> {
  const kernel: Kernel<'batchNorm'> = ([x, weight, bias], { eps }, [y, mean, variance]) => {
    const [batch, channels] = x.shape;
    const size = x.size / (batch * channels);
    const places = addresses(x, weight, bias, y, mean, variance);
    const fixed = [...places, batch, channels, size, eps] as const;
    const grain = Math.ceil(GRAIN / (batch * size));
    pool.share('batchNorm', channels, grain, 1, (first, end) => [...fixed, first, end]);
  };
  kernel.supports = (inputs) => plain(...present(inputs)) && inputs[0].size > 0;
  return kernel;
}

function channelNorm({ pool }: Machine): Kernel<'channelNorm'> {
  const kernel: Kernel<'channelNorm'> = ([x, mean, variance, weight, bias], { eps }, [y]) => {
    const [batch, channels] = x.shape;
    const size = x.size / (batch * channels);
    const places = addresses(x, weight, bias, y, mean, variance);
    const fixed = [...places, batch, channels, size, eps] as const;
    const grain = Math.ceil(GRAIN / (batch * size));
    pool.share('channelNorm', channels, grain, 1, (first, end) => [...fixed, first, end]);
  };
  kernel.supports = (inputs) => plain(...present(inputs)) && inputs[0].size > 0;
  return kernel;
}

function batchNormBackward({ pool }: Machine): BackwardKernel<'batchNorm'> {
  return (gradients, [x, weight], [, mean, variance], { eps }, results) => {
    const [batch, channels] = x.shape;
    const size = x.size / (batch * channels);
    const places = addresses(x, weight, ...gradients, mean, variance, ...results);
    const fixed = [...places, batch, channels, size, eps] as const;
    const grain = Math.ceil(GRAIN / (batch * size));
    pool.share('batchNormBackward', channels, grain, 1, (first, end) => [...fixed, first, end]);
  };
}

function layerNorm({ pool }: Machine): Kernel<'layerNorm'> {
  const kernel: Kernel<'layerNorm'> = ([x, weight, bias], { axes, eps }, [y]) => {
    const [rows, length] = rowsOf(x, axes);
    const [from, w, b, to] = addresses(x, weight, bias, y);
    pool.share('layerNorm', rows, Math.ceil(GRAIN / length), 1, (first, end) => [
      from + 4 * first * length,
      w,
      b,
      to + 4 * first * length,
      end - first,
      length,
      eps,
    ]);
  };
  kernel.supports = (inputs) => plain(...present(inputs)) && inputs[0].size > 0;
  return kernel;
}

function layerNormBackward(machine: Machine): BackwardKernel<'layerNorm'> {
  const { pool } = machine;
  return ([gradient], [x, weight], _, { axes, eps }, [gX, gWeight, gBias]) => {
    const [rows, length] = rowsOf(x, axes);
    const [from, w, g] = addresses(x, weight, gradient);
    // The gradient of the weight needs the statistics that this pass leaves.
    if (gX || gWeight)
      borrow(machine, gX ? [8 * rows] : [8 * rows, 4 * x.size], ([statistics, unwanted]) => {
        const to = gX ? address(gX) : unwanted;
        pool.share('layerNormBackward', rows, Math.ceil(GRAIN / length), 1, (first, end) => [
          from + 4 * first * length,
          w,
          g + 4 * first * length,
          to + 4 * first * length,
          statistics + 8 * first,
          end - first,
          length,
          eps,
        ]);
        if (!gWeight) return;
        const fixed = [from, g, statistics, address(gWeight), rows, length] as const;
        pool.share('layerNormWeight', length, Math.ceil(GRAIN / rows), 16, (first, end) => [
          ...fixed,
          first,
          end,
        ]);
      });
    if (gBias) sumColumns(machine, g, address(gBias), 1, rows, length);
  };
}

/** Kernels of normalisation. */
export function normKernels(machine: Machine): FusedKernels {
  return {
    batchNorm: batchNorm(machine),
    batchNormBackward: batchNormBackward(machine),
    channelNorm: channelNorm(machine),
    layerNorm: layerNorm(machine),
    layerNormBackward: layerNormBackward(machine),
  };
}
