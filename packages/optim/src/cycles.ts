/** Schedules that rise and fall, one step a batch, with momentum in the opposite direction. */

import { UsageError, ValueError } from '@dl/tensor';
import type { Schedulable } from './schedules';
import { expectPositive, LRScheduler } from './schedules';
import { takes } from './signatures';

/** Momentum that falls while the rate rises, and back. */
export interface MomentumCycle {
  /** Whether momentum (of Adam and its relatives: beta1) is cycled against the rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Momentum at the highest rate, one number or one a group. Default 0.85 for OneCycleLR, 0.8 for CyclicLR. */
  readonly baseMomentum?: number | readonly number[];
  /** Momentum at the lowest rate, one number or one a group. Default 0.95 for OneCycleLR, 0.9 for CyclicLR. */
  readonly maxMomentum?: number | readonly number[];
}

/** Options of a group that may have momentum, under either name. */
interface WithMomentum {
  lr: number;
  momentum?: number;
  betas?: readonly number[];
}

/** A number for each group. */
function perGroup(
  owner: string,
  name: string,
  value: number | readonly number[],
  { groups }: Schedulable,
): readonly number[] {
  if (typeof value === 'number') return groups.map(() => value);
  if (value.length === groups.length) return value;
  throw new ValueError(owner, `${name} must be one number or one for each group`, {
    args: { [name]: value, groups: groups.length },
  });
}

/** What the cycles have in common. */
abstract class Cycle extends LRScheduler {
  /** [at the highest rate, at the lowest rate] for each group; undefined where momentum stays as it is. */
  protected momenta: readonly (readonly [number, number])[] | undefined;

  /** Takes charge of the momentum, unless it is to stay. @throws UsageError for an optimiser without momentum. */
  protected takeMomentum({ cycleMomentum, baseMomentum, maxMomentum }: Required<MomentumCycle>) {
    if (!cycleMomentum) return;
    const owner = this.constructor.name;
    const { groups } = this.optimizer;
    if (!groups.every(({ options }) => 'momentum' in options || 'betas' in options)) {
      throw new UsageError(owner, 'the optimiser has no momentum to cycle', {
        hint: 'pass cycleMomentum: false',
      });
    }
    const base = perGroup(owner, 'baseMomentum', baseMomentum, this.optimizer);
    const top = perGroup(owner, 'maxMomentum', maxMomentum, this.optimizer);
    this.momenta = groups.map((_, i) => [base[i], top[i]] as const);
  }

  /** The momentum of a group after `t` steps. */
  protected abstract momentum(base: number, top: number, t: number): number;

  protected override follow(t: number): void {
    this.momenta?.forEach(([base, top], group) => {
      const options: WithMomentum = this.optimizer.groups[group].options;
      const momentum = this.momentum(base, top, t);
      if (options.betas) options.betas = [momentum, ...options.betas.slice(1)];
      else options.momentum = momentum;
    });
  }
}

/** Options of `OneCycleLR`. */
export interface OneCycleOptions extends MomentumCycle {
  /** The highest rate, one number or one a group. */
  readonly maxLr: number | readonly number[];
  /** Steps of the whole cycle. Default: epochs · stepsPerEpoch. */
  readonly totalSteps?: number;
  /** Epochs of the whole cycle, where `totalSteps` is not given. */
  readonly epochs?: number;
  /** Steps of an epoch, where `totalSteps` is not given. */
  readonly stepsPerEpoch?: number;
  /** Share of the steps that the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** maxLr over the first rate. Default 25. */
  readonly divFactor?: number;
  /** The first rate over the last. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Whether the rate falls to the first one as it rose, and only then to the last; otherwise at once. Default false. */
  readonly threePhase?: boolean;
}

/** A stretch of one cycle: until `end` the rate goes between two of its rates, and momentum between its bounds. */
interface Phase {
  readonly end: number;
  readonly rates: readonly ['first' | 'top' | 'last', 'first' | 'top' | 'last'];
  readonly momenta: readonly ['base' | 'top', 'base' | 'top'];
}

/**
 * Up to a high rate and down to almost none, one step a batch, and momentum down and up. Source: Smith and Topin 2019.
 *
 * @example new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 1000 })
 */
export class OneCycleLR extends Cycle {
  private readonly totalSteps: number;
  private readonly options: Required<
    Omit<OneCycleOptions, 'epochs' | 'totalSteps' | 'stepsPerEpoch'>
  >;
  private readonly maxLrs: readonly number[];
  private readonly phases: readonly Phase[];

  /**
   * Makes the schedule.
   *
   * @throws ValueError for steps that are not a positive whole number, and other options out of range; UsageError for an optimiser
   * without momentum, unless `cycleMomentum` is false.
   */
  constructor(optimizer: Schedulable, options: OneCycleOptions) {
    super(optimizer);
    takes('OneCycleLR', arguments);
    const { epochs = Number.NaN, stepsPerEpoch = Number.NaN } = options;
    this.totalSteps = options.totalSteps ?? epochs * stepsPerEpoch;
    expectPositive('OneCycleLR', 'totalSteps', this.totalSteps);
    this.options = {
      pctStart: 0.3,
      annealStrategy: 'cos',
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      ...options,
    };
    const { pctStart, annealStrategy, maxLr, divFactor } = this.options;
    if (!(pctStart >= 0 && pctStart <= 1)) {
      throw new ValueError('OneCycleLR', 'pctStart must be from 0 to 1', { args: { pctStart } });
    }
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear') {
      throw new ValueError('OneCycleLR', 'there is no such annealStrategy', {
        args: { annealStrategy },
        expected: "'cos' or 'linear'",
      });
    }
    this.maxLrs = perGroup('OneCycleLR', 'maxLr', maxLr, optimizer);
    this.phases = this.planned();
    this.takeMomentum(this.options);
    optimizer.groups.forEach((group, i) => {
      group.options.initialLr = this.maxLrs[i] / divFactor;
    });
    this.baseLrs = this.maxLrs.map((top) => top / divFactor);
    this.begin();
  }

  private planned(): Phase[] {
    const { pctStart, threePhase } = this.options;
    const rise = pctStart * this.totalSteps;
    const end = this.totalSteps - 1;
    const rising = { end: rise - 1, rates: ['first', 'top'], momenta: ['top', 'base'] } as const;
    if (!threePhase) return [rising, { end, rates: ['top', 'last'], momenta: ['base', 'top'] }];
    return [
      rising,
      { end: 2 * rise - 2, rates: ['top', 'first'], momenta: ['base', 'top'] },
      { end, rates: ['first', 'last'], momenta: ['top', 'top'] },
    ];
  }

  /** The phase of a step, and how much of it is over. */
  private phaseOf(t: number): readonly [Phase, number] {
    if (t > this.totalSteps) {
      throw new UsageError('OneCycleLR', `the cycle of ${this.totalSteps} steps is over`, {
        args: { t },
      });
    }
    const open = this.phases.findIndex(({ end }) => t <= end);
    const index = open < 0 ? this.phases.length - 1 : open;
    const start = index === 0 ? 0 : this.phases[index - 1].end;
    const phase = this.phases[index];
    return [phase, (t - start) / (phase.end - start)];
  }

  private anneal(from: number, to: number, share: number): number {
    if (this.options.annealStrategy === 'linear') return from + (to - from) * share;
    return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  }

  protected rate(base: number, t: number, group: number): number {
    const [{ rates }, share] = this.phaseOf(t);
    const last = base / this.options.finalDivFactor;
    const [from, to] = rates.map((rate) => ({ first: base, top: this.maxLrs[group], last })[rate]);
    return this.anneal(from, to, share);
  }

  protected momentum(base: number, top: number, t: number): number {
    const [{ momenta }, share] = this.phaseOf(t);
    const [from, to] = momenta.map((momentum) => ({ base, top })[momentum]);
    return this.anneal(from, to, share);
  }
}

/** Options of `CyclicLR`. */
export interface CyclicOptions extends MomentumCycle {
  /** The lowest rate, one number or one a group. */
  readonly baseLr: number | readonly number[];
  /** The highest rate, one number or one a group. */
  readonly maxLr: number | readonly number[];
  /** Steps up. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps down. Default: as up. */
  readonly stepSizeDown?: number;
  /** All cycles alike ('triangular', default), half as high each ('triangular2'), or γᵗ as high ('exp_range'). */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** For 'exp_range'. Default 1. */
  readonly gamma?: number;
}

/**
 * Up and down between two rates, one step a batch, and momentum down and up. Source: Smith 2017.
 *
 * @example new CyclicLR(optimizer, { baseLr: 0.01, maxLr: 0.1, stepSizeUp: 500 })
 */
export class CyclicLR extends Cycle {
  private readonly options: Required<CyclicOptions>;
  private readonly maxLrs: readonly number[];

  /** Makes the schedule. @throws ValueError for options out of range; UsageError for an optimiser without momentum, unless `cycleMomentum` is false. */
  constructor(optimizer: Schedulable, options: CyclicOptions) {
    takes('CyclicLR', arguments);
    const first = perGroup('CyclicLR', 'baseLr', options.baseLr, optimizer);
    optimizer.groups.forEach((group, i) => {
      group.options.lr = first[i];
    });
    super(optimizer);
    this.baseLrs = first;
    const { stepSizeUp = 2000, stepSizeDown = stepSizeUp, mode = 'triangular' } = options;
    expectPositive('CyclicLR', 'stepSizeUp', stepSizeUp);
    expectPositive('CyclicLR', 'stepSizeDown', stepSizeDown);
    if (!['triangular', 'triangular2', 'exp_range'].includes(mode)) {
      throw new ValueError('CyclicLR', 'there is no such mode', {
        args: { mode },
        expected: "'triangular', 'triangular2' or 'exp_range'",
      });
    }
    this.options = {
      gamma: 1,
      cycleMomentum: true,
      baseMomentum: 0.8,
      maxMomentum: 0.9,
      ...options,
      stepSizeUp,
      stepSizeDown,
      mode,
    };
    this.maxLrs = perGroup('CyclicLR', 'maxLr', options.maxLr, optimizer);
    this.takeMomentum(this.options);
    this.begin();
  }

  /** How far the rate is from the lowest to the highest one. */
  private height(t: number): number {
    const { stepSizeUp, stepSizeDown, mode, gamma } = this.options;
    const length = stepSizeUp + stepSizeDown;
    const cycle = Math.floor(1 + t / length);
    const at = 1 + t / length - cycle;
    const ratio = stepSizeUp / length;
    const height = at <= ratio ? at / ratio : (at - 1) / (ratio - 1);
    const scale = mode === 'triangular2' ? 2 ** (1 - cycle) : mode === 'exp_range' ? gamma ** t : 1;
    return height * scale;
  }

  protected rate(base: number, t: number, group: number): number {
    return base + (this.maxLrs[group] - base) * this.height(t);
  }

  protected momentum(base: number, top: number, t: number): number {
    return top - (top - base) * this.height(t);
  }
}
