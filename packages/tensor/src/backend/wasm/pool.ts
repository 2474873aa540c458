/** Pooling of the WebAssembly backend. */

import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels, PoolAttributes } from '../../ops/table';
import type { Machine } from './machine';
import { address, attempting, COSTLY, plain } from './machine';

/** Sizes of a pooling as the kernels take them. */
function sizesOf(
  height: number,
  width: number,
  { kernel, stride, padding, dilation, output }: PoolAttributes,
) {
  const around = [padding[0], padding[2]] as const;
  return [height, width, ...output, ...kernel, ...stride, ...around, ...dilation] as const;
}

function maxPool2d(machine: Machine): Kernel<'maxPool2d'> {
  return attempting('maxPool2d', ([x], attributes, [values, indices]) => {
    if (!plain(x)) return false;
    const [n, c, h, w] = x.shape;
    const from = [address(x), address(values), address(indices)];
    const inside = h * w;
    const outside = attributes.output[0] * attributes.output[1];
    const sizes = sizesOf(h, w, attributes);
    const grain = Math.ceil(COSTLY / Math.max(inside, outside, 1));
    machine.pool.share('maxPool', n * c, grain, 1, (first, end) => [
      from[0] + 4 * first * inside,
      from[1] + 4 * first * outside,
      from[2] + 4 * first * outside,
      end - first,
      ...sizes,
    ]);
    return true;
  });
}

/** Shares the planes of a sum over windows, or of its transpose. @param image - [N, C, H, W]. @param sums - of its windows. */
function sharePlanes(
  { pool }: Machine,
  name: 'sumPool' | 'sumPoolInput',
  image: Tensor,
  sums: Tensor,
  attributes: PoolAttributes,
): void {
  const [n, c, h, w] = image.shape;
  const [x, y] = [address(image), address(sums)];
  const inside = h * w;
  const outside = attributes.output[0] * attributes.output[1];
  const sizes = sizesOf(h, w, attributes);
  const grain = Math.ceil(COSTLY / Math.max(inside, outside, 1));
  pool.share(name, n * c, grain, 1, (first, end) => [
    x + 4 * first * inside,
    y + 4 * first * outside,
    end - first,
    ...sizes,
  ]);
}

function sumPool2d(machine: Machine): Kernel<'sumPool2d'> {
  return attempting('sumPool2d', ([x], attributes, [y]) => {
    if (!plain(x)) return false;
    sharePlanes(machine, 'sumPool', x, y, attributes);
    return true;
  });
}

function sumPool2dInput(machine: Machine): Kernel<'sumPool2dInput'> {
  return attempting('sumPool2dInput', ([g], attributes, [x]) => {
    if (!plain(g)) return false;
    sharePlanes(machine, 'sumPoolInput', x, g, attributes);
    return true;
  });
}

/** The kernels of pooling. */
export function poolKernels(machine: Machine): Partial<Kernels> {
  return {
    maxPool2d: maxPool2d(machine),
    sumPool2d: sumPool2d(machine),
    sumPool2dInput: sumPool2dInput(machine),
  };
}
