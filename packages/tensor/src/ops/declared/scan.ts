/** Running sums, products and extremes along an axis. */

import type { DType } from '../../core/dtype';
import { normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { PrimitiveDeclaration } from '../table';
import { gather } from './indexing';
import { widened } from './reduction';
import type { Picked } from './sorting';

type ScanName = 'cumsum' | 'cumprod' | 'cumargmax' | 'cumargmin';

function declareScan<K extends ScanName>(
  name: K,
  result: (dtype: DType) => DType,
): PrimitiveDeclaration<K> {
  const infer = ([x]: readonly [Tensor]) => [{ shape: x.shape, dtype: result(x.dtype) }];
  return { kind: 'primitive', name, infer: infer as never };
}

const positions = (): DType => 'int32';

/** Declarations of the scans, by name. */
export const scanOps = {
  cumsum: /* @__PURE__ */ declareScan('cumsum', widened),
  cumprod: /* @__PURE__ */ declareScan('cumprod', widened),
  cumargmax: /* @__PURE__ */ declareScan('cumargmax', positions),
  cumargmin: /* @__PURE__ */ declareScan('cumargmin', positions),
} as const;

/** Running sums along `axis`. @returns the shape of x; int32 for bool and uint8. */
export function cumsum(x: Tensor, axis: number): Tensor {
  takes('cumsum', arguments);
  return run(scanOps.cumsum, [x], { axis: normalizeAxis('cumsum', axis, x.ndim) })[0];
}

/** Running products along `axis`. @returns the shape of x; int32 for bool and uint8. */
export function cumprod(x: Tensor, axis: number): Tensor {
  takes('cumprod', arguments);
  return run(scanOps.cumprod, [x], { axis: normalizeAxis('cumprod', axis, x.ndim) })[0];
}

function running(name: 'cummax' | 'cummin', x: Tensor, axis: number): Picked {
  const at = normalizeAxis(name, axis, x.ndim);
  const op = name === 'cummax' ? scanOps.cumargmax : scanOps.cumargmin;
  return scope(() => {
    const indices = run(op as PrimitiveDeclaration<'cumargmax'>, [x], { axis: at })[0];
    return { values: gather(x, at, indices), indices };
  });
}

/** The largest element up to each position along an axis (NaN wins), and where it is; of equals the last one. */
export function cummax(x: Tensor, axis: number): Picked {
  takes('cummax', arguments);
  return running('cummax', x, axis);
}

/** The smallest element up to each position along an axis (NaN wins), and where it is; of equals the last one. */
export function cummin(x: Tensor, axis: number): Picked {
  takes('cummin', arguments);
  return running('cummin', x, axis);
}
