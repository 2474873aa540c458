/** A log that programs read: one JSON object a line. */

import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FileError } from '@dl/io';
import { makeFolder } from '@dl/io/node';
import type { Callback, Run } from '../callback';
import type { EpochReport, StepReport } from '../history';
import type { RunningMeanState } from '../metrics/metric';
import { RunningMean } from '../metrics/metric';
import { takes } from '../signatures';
import { readTallies } from '../tally';

/** Options of `JsonLinesLog`. */
export interface LogOptions {
  /** A line for so many steps, with their mean loss. Default 50; 0 for none. */
  readonly everySteps?: number;
}

/**
 * Appends lines to a file, each written at once so that a crash loses none: `{"event":"steps","step":50,"epoch":1,"loss":…}`,
 * and after every epoch `{"event":"epoch", ...}` with the fields of `EpochReport`. NaN and infinities are `null`.
 */
export class JsonLinesLog implements Callback {
  private readonly everySteps: number;
  private readonly mean = new RunningMean();

  /** Appends to a file. @param path - its folder is made where it is missing. @throws FileError where it cannot be. */
  constructor(
    readonly path: string,
    options: LogOptions = {},
  ) {
    takes('JsonLinesLog', arguments);
    const { everySteps = 50 } = options;
    this.everySteps = everySteps;
    makeFolder(dirname(path));
  }

  /** Writes a line of your own. @throws FileError where the file takes none. */
  write(record: object): void {
    try {
      appendFileSync(this.path, `${JSON.stringify(record)}\n`);
    } catch (error) {
      throw new FileError('JsonLinesLog', 'write', this.path, error);
    }
  }

  stateDict(): RunningMeanState {
    return this.mean.stateDict();
  }

  loadStateDict(state: RunningMeanState): void {
    takes('JsonLinesLog.loadStateDict', arguments);
    this.mean.loadStateDict(state);
  }

  onStepEnd(_run: Run, report: StepReport): Promise<void> | undefined {
    takes('JsonLinesLog.onStepEnd', arguments);
    const { step, epoch, loss, count } = report;
    if (this.everySteps === 0) return undefined;
    this.mean.add(loss, count);
    return step % this.everySteps === 0 ? this.writeMean(step, epoch) : undefined;
  }

  private async writeMean(step: number, epoch: number): Promise<void> {
    await readTallies(this.mean.tallies);
    this.write({ event: 'steps', step, epoch, loss: this.mean.value });
    this.mean.reset();
  }

  onEpochEnd(_run: Run, report: EpochReport): void {
    takes('JsonLinesLog.onEpochEnd', arguments);
    this.write({ event: 'epoch', ...report });
  }
}
