/** The affine map of fully connected layers, and its gradients. */

import type { FusedKernels, Kernel, Tensor } from '@dl/tensor';
import { blockOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { multiply } from './matmul';
import type { Matrices } from './matrices';

/** A contiguous tensor as one matrix: its last axis, and all before it. */
function rowsOf(x: Tensor): Matrices {
  const columns = x.shape[x.ndim - 1];
  const shape = [columns === 0 ? 0 : x.size / columns, columns];
  return { texture: blockOf(x).texture, shape, strides: [columns, 1], offset: x.offset };
}

function transposed({ shape, strides, ...rest }: Matrices): Matrices {
  return { ...rest, shape: [shape[1], shape[0]], strides: [strides[1], strides[0]] };
}

const plain = (...tensors: readonly (Tensor | undefined)[]): boolean =>
  tensors.every((x) => x === undefined || x.dtype === 'float32');

/** The kernels of `linear`. */
export function linearKernels(gpu: Gpu): Partial<FusedKernels> {
  const linear: Kernel<'linear'> = ([x, weight, bias], { activation }, [y]) => {
    const [rows, out] = [rowsOf(x), rowsOf(weight)];
    const shape = [rows.shape[0], weight.shape[0]];
    multiply(gpu, rows, transposed(out), blockOf(y), shape, {
      bias,
      relu: activation === 'relu',
    });
  };
  linear.supports = ([x, weight, bias]) => plain(x, weight, bias) && weight.size > 0 && x.size > 0;
  return { linear };
}
