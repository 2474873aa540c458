import type { Kernel, OpName } from '@dl/tensor';

/** Marks a kernel that reads inputs of any strides. */
export function strided<K extends OpName>(kernel: Kernel<K>): Kernel<K> {
  kernel.strided = true;
  return kernel;
}
