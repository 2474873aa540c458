/** Schedules made of schedules. */

import { UsageError, ValueError } from '@dl/tensor';
import type { LRScheduler, Schedulable, ScheduleState } from './schedules';
import { takes } from './signatures';

/** The saved state of schedules that belong together. */
export interface StackedState {
  /** How often they stepped together. */
  readonly lastEpoch: number;
  /** The state of each, in order. */
  readonly schedulers: readonly ScheduleState[];
}

/** What schedules made of schedules have in common. */
abstract class Stacked {
  /** How often they stepped together. */
  lastEpoch = 0;
  protected last: readonly number[] = [];

  constructor(
    protected readonly optimizer: Schedulable,
    protected readonly schedulers: readonly LRScheduler[],
  ) {
    takes('Stacked', arguments, new.target.name);
    const owner = new.target.name;
    if (schedulers.length === 0) throw new ValueError(owner, 'there are no schedules');
    if (schedulers.some((schedule) => schedule.optimizer !== optimizer)) {
      throw new ValueError(owner, 'the schedules belong to different optimisers');
    }
  }

  /** Remembers the rates that the groups have now. */
  protected note(): void {
    this.last = this.optimizer.groups.map(({ options }) => options.lr);
  }

  /** The rates that were set last, one a group. */
  getLastLr(): readonly number[] {
    return this.last;
  }

  /** What must be saved to go on later, beside the optimiser's own state, which has the rates. */
  stateDict(): StackedState {
    const schedulers = this.schedulers.map((schedule) => schedule.stateDict());
    return { lastEpoch: this.lastEpoch, schedulers };
  }

  /** Goes on where saved schedules were; the optimiser's state must be loaded too. @throws UsageError for another number of schedules. */
  loadStateDict(options: StackedState): void {
    takes('Stacked.loadStateDict', arguments);
    const { lastEpoch, schedulers } = options;
    if (schedulers.length !== this.schedulers.length) {
      throw new UsageError(this.constructor.name, 'the state is of another number of schedules', {
        args: { saved: schedulers.length, here: this.schedulers.length },
      });
    }
    this.schedulers.forEach((schedule, i) => {
      schedule.loadStateDict(schedulers[i]);
    });
    this.lastEpoch = lastEpoch;
    this.note();
  }
}

/** One schedule after the other: each starts at its milestone, from the groups' first rates. */
export class SequentialLR extends Stacked {
  /**
   * Follows `schedulers[0]` until the first milestone, and so on.
   *
   * @param schedulers - made for `optimizer`, in order. @param milestones - the steps at which the second, the third, … begins.
   * @throws ValueError unless there is one milestone fewer than schedules, or where one is of another optimiser.
   * @example new SequentialLR(optimizer, [new LinearLR(optimizer), new ExponentialLR(optimizer, 0.9)], [5])
   */
  constructor(
    optimizer: Schedulable,
    schedulers: readonly LRScheduler[],
    private readonly milestones: readonly number[],
  ) {
    super(optimizer, schedulers);
    takes('SequentialLR', arguments);
    if (milestones.length !== schedulers.length - 1) {
      throw new ValueError('SequentialLR', 'there must be one milestone fewer than schedules', {
        args: { schedulers: schedulers.length, milestones },
      });
    }
    // Each took its first step when it was made: that is undone, and the first one takes it again.
    for (const { options } of optimizer.groups) options.lr = options.initialLr ?? options.lr;
    for (const schedule of schedulers) schedule.lastEpoch--;
    schedulers[0].step();
    this.note();
  }

  /** Goes on by one step. */
  step(): void {
    this.lastEpoch++;
    const passed = this.milestones.filter((milestone) => milestone <= this.lastEpoch).length;
    const present = this.schedulers[passed];
    if (passed > 0 && this.milestones[passed - 1] === this.lastEpoch) present.restart();
    else present.step();
    this.note();
  }
}

/** Several schedules at once: each changes the rate that the one before it has left. */
export class ChainedScheduler extends Stacked {
  /** Makes the schedule. @param schedulers - of one optimiser, in the order of their steps. @throws ValueError where they are of different ones. */
  constructor(schedulers: readonly LRScheduler[]) {
    super(schedulers?.[0]?.optimizer, schedulers);
    takes('ChainedScheduler', arguments);
    this.note();
  }

  /** Goes on by one step of every schedule. */
  step(): void {
    this.lastEpoch++;
    for (const schedule of this.schedulers) schedule.step();
    this.note();
  }
}
