/** Sorting along an axis, of every dtype. */

import { bytesPerElement } from '../../core/dtype';
import type { Kernel, Kernels } from '../../ops/table';
import type { Machine } from './machine';
import { address, attempting, COSTLY } from './machine';
import { shareScratch } from './memory/scratch';
import { blockAround, KINDS } from './scan';
import { whole } from './walk';

function sort(machine: Machine): Kernel<'sort'> {
  return attempting('sort', ([x], { axis, descending }, [values, indices]) => {
    const { outer, size, inner } = blockAround(x.shape, axis);
    const width = bytesPerElement(x.dtype);
    const key = Math.max(4, width);
    const bytes = 2 * size * (key + 4) + 1024 * key;
    const [to, at] = [address(values), address(indices)];
    const options = [KINDS[x.dtype] ?? 3, Number(descending)] as const;
    const chunk = Math.max(1, Math.ceil(COSTLY / size));
    whole(machine, [x], ([from]) =>
      shareScratch(machine, 'sort', outer * inner, chunk, bytes, (first, end, scratch) => [
        ...options,
        from,
        to,
        at,
        first,
        end,
        size,
        values.shape[axis] ?? 1,
        inner,
        scratch,
      ]),
    );
    return true;
  });
}

/** The kernel of sorting. */
export function sortKernels(machine: Machine): Partial<Kernels> {
  return { sort: sort(machine) };
}
