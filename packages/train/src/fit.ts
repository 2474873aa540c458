/** The training loop. */

import { iterate, ValueError } from '@dl/tensor';
import type { Callback, Run } from './callback';
import type { Figures } from './evaluate';
import { evaluate, Totals } from './evaluate';
import type { EpochReport, History } from './history';
import type { Metric } from './metrics/metric';
import type { Batch, Batches, Loss, Model, Optimizer } from './model';
import { splitBatch } from './model';
import { trainStep } from './step';
import { Breather, now } from './turn';

/** What `fit` needs. */
export interface FitOptions {
  /** Batches to learn from; walked once an epoch. */
  readonly train: Batches;
  /** Batches to look at after every epoch. Default none. */
  readonly validation?: Batches;
  readonly optimizer: Optimizer;
  /** A mean over the examples of a batch. */
  readonly loss: Loss;
  /** How often to walk the training batches. Default 1. */
  readonly epochs?: number;
  /** Taken over the training batches and over the validation batches, beside the loss. Default none. */
  readonly metrics?: readonly Metric[];
  /** Called in this order. Default none. */
  readonly callbacks?: readonly Callback[];
  /** Aborting it ends the run cleanly after the present batch: what was learnt stays in the model. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a model: in every epoch, `trainStep` for each training batch, then `evaluate` on the validation batches. It gives
 * the event loop a turn some sixty times a second, and holds no memory beyond two batches.
 *
 * @returns the figures of every epoch, and what ended the run.
 * @throws ValueError where `epochs` is not a non-negative integer; and what a callback, the model or the loader throws.
 * @example
 * const history = await fit(model, { train: loader, optimizer, loss: new CrossEntropyLoss(), epochs: 3 });
 */
export async function fit(model: Model, options: FitOptions): Promise<History> {
  return new Fitting(model, options).run();
}

/** A run at work. */
class Fitting implements Run {
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batches: number | undefined;
  private readonly callbacks: readonly Callback[];
  private readonly breather = new Breather();
  private readonly reports: EpochReport[] = [];
  private totals: Totals;
  private step = 0;
  private reason: string | undefined;

  constructor(
    readonly model: Model,
    private readonly options: FitOptions,
  ) {
    const { optimizer, epochs = 1, callbacks = [], train, metrics = [] } = options;
    if (!Number.isInteger(epochs) || epochs < 0) {
      throw new ValueError('fit', 'epochs must be a non-negative integer', { args: { epochs } });
    }
    this.optimizer = optimizer;
    this.epochs = epochs;
    this.batches = train.length;
    this.callbacks = callbacks;
    this.totals = new Totals(metrics);
  }

  get figures(): Figures {
    return this.totals.figures();
  }

  stop(reason: string): void {
    this.reason ??= reason;
  }

  private get ended(): boolean {
    return this.reason !== undefined || this.options.signal?.aborted === true;
  }

  async run(): Promise<History> {
    const start = now();
    try {
      for (const c of this.callbacks) await c.onFitStart?.(this);
      for (let epoch = 1; epoch <= this.epochs && !this.ended; epoch++) await this.epoch(epoch);
    } finally {
      for (const c of this.callbacks) await c.onFitEnd?.(this);
    }
    const aborted = this.options.signal?.aborted && this.reason === undefined;
    const ending = aborted ? 'aborted' : this.reason === undefined ? 'finished' : 'stopped';
    return { epochs: this.reports, ending, reason: this.reason, seconds: (now() - start) / 1000 };
  }

  private async epoch(epoch: number): Promise<void> {
    const { validation, loss, metrics = [], signal } = this.options;
    for (const c of this.callbacks) await c.onEpochStart?.(this, epoch);
    this.model.train(true);
    const start = now();
    const complete = await this.learn(epoch);
    const seconds = (now() - start) / 1000;
    const { examples } = this.totals;
    const train = this.figures;
    const looks = validation && complete && !signal?.aborted;
    const figures = looks && (await evaluate(this.model, validation, { loss, metrics, signal }));
    const report: EpochReport = {
      epoch,
      step: this.step,
      complete,
      train,
      // An evaluation that was cut short is of some examples only.
      ...(figures && !signal?.aborted && { validation: figures }),
      examples,
      seconds,
      samplesPerSecond: examples / seconds,
    };
    this.reports.push(report);
    for (const c of this.callbacks) await c.onEpochEnd?.(this, report);
  }

  /** The steps of one epoch. @returns whether all batches were seen. */
  private async learn(epoch: number): Promise<boolean> {
    this.totals = new Totals(this.options.metrics ?? []);
    let batch = 0;
    for (const item of iterate(this.options.train)) {
      const { loss, count } = this.learnFrom(item);
      const report = { step: ++this.step, epoch, batch: ++batch, loss, count };
      for (const c of this.callbacks) {
        const pending = c.onStepEnd?.(this, report);
        if (pending) await pending;
      }
      await this.breather.breathe();
      if (this.ended) return batch === this.batches;
    }
    return true;
  }

  /** One step; synchronous, so that what it creates belongs to the batch's iteration. */
  private learnFrom(batch: Batch): { loss: number; count: number } {
    const { model, optimizer, options } = this;
    const { target } = splitBatch(batch);
    const result = trainStep({ model, optimizer, loss: options.loss }, batch);
    const loss = result.loss.item();
    const before = this.totals.examples;
    this.totals.add(result.output, target, loss);
    return { loss, count: this.totals.examples - before };
  }
}
