/** What a training run leaves on record. */

import type { Tensor } from '@dl/tensor';
import type { Figures } from './evaluate';
import { takes } from './signatures';

/** One step, as callbacks see it. */
export interface StepReport {
  /** Counts from 1 over the whole run. */
  readonly step: number;
  /** Counts from 1. */
  readonly epoch: number;
  /** Counts from 1 within the epoch. */
  readonly batch: number;
  /**
   * The loss of this batch, a scalar that lives as long as the iteration: `await loss.data()` or `loss.item()` reads it, `keep(loss.clone())`
   * holds it, and a `RunningMean` takes it as it is.
   */
  readonly loss: Tensor;
  /** The number of examples in this batch. */
  readonly count: number;
}

/** One epoch. */
export interface EpochReport {
  /** Counts from 1. */
  readonly epoch: number;
  /** Steps since the run began. */
  readonly step: number;
  /** False where the run was stopped before the end of the epoch. */
  readonly complete: boolean;
  /** Loss and metrics in training: each batch is measured before its own step. */
  readonly train: Figures;
  /** Loss and metrics on the validation batches after the epoch. */
  readonly validation?: Figures;
  /** Training examples seen in the epoch. */
  readonly examples: number;
  /** Seconds of training in the epoch, without validation. */
  readonly seconds: number;
  /** Training examples a second. */
  readonly samplesPerSecond: number;
}

/** Why a run ended: all epochs done, the signal, or a callback. */
export type Ending = 'finished' | 'aborted' | 'stopped';

/** The record of a run. */
export interface History {
  readonly epochs: readonly EpochReport[];
  readonly ending: Ending;
  /** What the callback that stopped the run said. */
  readonly reason?: string;
  /** Seconds from beginning to end, validation included. */
  readonly seconds: number;
}

/**
 * Looks a metric up by its path: `loss` or `train.loss` in training, `validation.accuracy`.
 *
 * @returns the value, or undefined where the report has none of that name.
 */
export function figure(report: EpochReport, path: string): number | undefined {
  takes('figure', arguments);
  const [part, name] = path.includes('.') ? path.split('.', 2) : ['train', path];
  if (part === 'train') return report.train[name];
  return part === 'validation' ? report.validation?.[name] : undefined;
}
