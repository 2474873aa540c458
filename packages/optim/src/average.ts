/** Moving averages of weights. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, keep, scope, UsageError, ValueError, zeros } from '@dl/tensor';
import { tensorsOf } from './optimizer';
import { takes } from './signatures';

/**
 * Exponential moving averages of parameters: a ← d·a + (1 − d)·p after every step. Models often test better with them.
 *
 * @example const ema = new ExponentialMovingAverage(model.parameters(), 0.999); …; ema.swap(); evaluate(…); ema.swap();
 */
export class ExponentialMovingAverage {
  private readonly parameters: readonly Tensor[];
  /** The averages, in the order of the parameters. */
  readonly averages: readonly Tensor[];

  /** Starts from the parameters as they are. @param decay - d, from 0 to below 1. Default 0.999. @throws ValueError for others. */
  constructor(
    parameters: Iterable<Tensor>,
    readonly decay = 0.999,
  ) {
    takes('ExponentialMovingAverage', arguments);
    if (!(decay >= 0 && decay < 1)) {
      throw new ValueError('ExponentialMovingAverage', 'the decay must be from 0 to below 1', {
        args: { decay },
      });
    }
    this.parameters = tensorsOf('ExponentialMovingAverage', parameters);
    this.averages = noGrad(() => this.parameters.map((p) => keep(p.detach().clone())));
  }

  /** Takes in the parameters as they are now. */
  update(): void {
    noGrad(() =>
      scope(() => {
        this.parameters.forEach((p, i) => {
          const average = this.averages[i];
          assign(average, average.mul(this.decay).add(p.mul(1 - this.decay)));
        });
      }),
    );
  }

  /** The averages, for saving; the tensors are the averages themselves. */
  stateDict(): { averages: Tensor[] } {
    return { averages: [...this.averages] };
  }

  /** Copies saved averages. @throws UsageError where there are not as many. */
  loadStateDict(options: { readonly averages: readonly Tensor[] }): void {
    takes('ExponentialMovingAverage.loadStateDict', arguments);
    const { averages } = options;
    if (averages.length !== this.averages.length) {
      throw new UsageError('ExponentialMovingAverage', 'the state is of another model', {
        args: { saved: averages.length, here: this.averages.length },
      });
    }
    noGrad(() => {
      this.averages.forEach((own, i) => {
        assign(own, averages[i]);
      });
    });
  }

  /** Exchanges parameters and averages; a second call puts them back. */
  swap(): void {
    noGrad(() =>
      scope(() => {
        // All memory first: where there is none, nothing has been exchanged.
        const buffers = this.scratchBuffers();
        this.parameters.forEach((p, i) => {
          const buffer = buffers.get(kindOf(p)) as Tensor;
          const before = buffer.narrow(0, 0, p.size).reshape(p.shape);
          assign(before, p);
          assign(p, this.averages[i]);
          assign(this.averages[i], before);
        });
      }),
    );
  }

  /** For each dtype and device, memory for the largest parameter. */
  private scratchBuffers(): ReadonlyMap<string, Tensor> {
    const buffers = new Map<string, Tensor>();
    for (const p of this.parameters) {
      const known = buffers.get(kindOf(p));
      if (known && known.size >= p.size) continue;
      known?.dispose();
      buffers.set(kindOf(p), zeros([p.size], { dtype: p.dtype, device: p.device }));
    }
    return buffers;
  }
}

function kindOf({ dtype, device }: Tensor): string {
  return `${dtype} ${device}`;
}
