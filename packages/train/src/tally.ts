/** Numbers that stay on the device while they change, and are read when somebody asks for them. */

import { noGrad } from '@dl/autograd';
import type { DType, Tensor } from '@dl/tensor';
import { cat, isTensor, keep, scope, UsageError, zeros } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import { takes } from './signatures';

/** What a sum is kept in on the device of `x`: float64 where it has that. */
function sumType(x: Tensor): DType {
  return backendFor(x.device).dtypes.includes('float64') ? 'float64' : 'float32';
}

/**
 * Sums on a device, in float64 where the device has it: adding to them reads nothing. `readTallies` reads many at once without blocking;
 * `values` reads where something changed since.
 *
 * @example const hits = new Tally(); hits.add(predicted.eq(target).sum()); hits.values[0];
 */
export class Tally {
  private sums: Tensor | null = null;
  /** The numbers as they are on the device; null where they changed since they were read. */
  private known: ArrayLike<number> | null = null;

  /** Begins with zeros. @param shape - of the numbers. Default: one number. */
  constructor(readonly shape: readonly number[] = []) {
    takes('Tally', arguments);
  }

  /** Adds `factor · x`. @param x - of the tally's shape. */
  add(x: Tensor, factor = 1): void {
    takes('Tally.add', arguments);
    this.change(x, (sums) => {
      sums.add_(x.cast(sums.dtype), { alpha: factor });
    });
  }

  /** Adds to the number at a position of a vector. @param x - one number. */
  addAt(position: number, x: Tensor): void {
    takes('Tally.addAt', arguments);
    this.change(x, (sums) => {
      sums.narrow(0, position, 1).add_(x.reshape([1]).cast(sums.dtype));
    });
  }

  /** Puts what `fn` gives in the place of the numbers. @param like - a tensor on the device where they are to be. */
  update(like: Tensor, fn: (sums: Tensor) => Tensor): void {
    takes('Tally.update', arguments);
    this.change(like, (sums) => {
      const made: unknown = fn(sums);
      if (!isTensor(made)) throw new UsageError('Tally.update', 'fn did not return a tensor');
      this.hold(made.clone());
      sums.dispose();
    });
  }

  private change(like: Tensor, fn: (sums: Tensor) => void): void {
    noGrad(() => scope(() => fn(this.on(like))));
    this.known = null;
  }

  /** The numbers on the device of a tensor: zeros at first, or moved there after they were loaded. */
  private on(like: Tensor): Tensor {
    const { sums } = this;
    const dtype = sumType(like);
    if (!sums) return this.hold(zeros([...this.shape], { dtype, device: like.device }));
    const fitting = sums.cast(dtype).to(like.device);
    if (fitting === sums) return sums;
    this.hold(fitting.clone());
    sums.dispose();
    return this.sums as Tensor;
  }

  private hold(sums: Tensor): Tensor {
    this.sums = keep(sums);
    return sums;
  }

  /** The numbers in row-major order; read from the device where they changed. */
  get values(): ArrayLike<number> {
    this.known ??= this.sums?.dataSync() ?? new Float64Array(countOf(this.shape));
    return this.known;
  }

  /** @internal What has to be read before `values` is at hand; null where it is. */
  get unread(): Tensor | null {
    return this.known ? null : this.sums;
  }

  /** @internal Takes in what was read. */
  know(values: ArrayLike<number>): void {
    takes('Tally.know', arguments);
    this.known = values;
  }

  /** Begins again with zeros. */
  reset(): void {
    this.sums?.dispose();
    this.sums = null;
    this.known = null;
  }

  /** The numbers, for saving: the tally's own tensor; null before anything was added. */
  stateDict(): Tensor | null {
    return this.sums;
  }

  /** Goes on from saved numbers. */
  loadStateDict(sums: Tensor | null): void {
    takes('Tally.loadStateDict', arguments);
    this.reset();
    if (sums) noGrad(() => this.hold(sums.clone()));
  }
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Reads all tallies of one device at once, as far as they changed; their `values` are at hand then. */
export async function readTallies(tallies: readonly Tally[]): Promise<void> {
  takes('readTallies', arguments);
  const unread = tallies.filter((tally) => tally.unread);
  if (unread.length === 0) return;
  const all = noGrad(() =>
    scope(() => keep(cat(unread.map((tally) => (tally.unread as Tensor).reshape([-1]))))),
  );
  try {
    const values = await all.data();
    let start = 0;
    for (const tally of unread) {
      const size = countOf(tally.shape);
      tally.know(values.slice(start, start + size));
      start += size;
    }
  } finally {
    all.dispose();
  }
}
