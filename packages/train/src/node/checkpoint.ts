/** Weights on disk while a run is at work. */

import { join } from 'node:path';
import { makeFolder, saveSafetensors } from '@dl/io/node';
import type { BestState, Callback, Monitor, Run } from '../callback';
import { Best } from '../callback';
import type { EpochReport } from '../history';
import { takes } from '../signatures';

/** Options of `ModelCheckpoint`. */
export interface CheckpointOptions extends Monitor {
  /** File of the newest weights. Default `last.safetensors`; null for none. */
  readonly last?: string | null;
  /** File of the weights of the best epoch by `monitor`. Default `best.safetensors`; null for none. */
  readonly best?: string | null;
}

/**
 * Saves the model's `stateDict()` after every epoch, the newest and the best. Files are replaced atomically: after a crash
 * there is the old one or the new one, whole. The epoch, the step and the figures are in the file's metadata.
 *
 * @example fit(model, { ..., callbacks: [new ModelCheckpoint('runs/today')] });
 */
export class ModelCheckpoint implements Callback {
  private readonly last: string | null;
  private readonly bestFile: string | null;
  private readonly best: Best;

  /** Saves into a folder. @param folder - made where it is missing. */
  constructor(
    private readonly folder: string,
    options: CheckpointOptions = {},
  ) {
    takes('ModelCheckpoint', arguments);
    const { last = 'last.safetensors', best = 'best.safetensors', ...monitor } = options;
    this.last = last;
    this.bestFile = best;
    this.best = new Best(monitor);
  }

  stateDict(): BestState {
    return this.best.stateDict();
  }

  loadStateDict(state: BestState): void {
    takes('ModelCheckpoint.loadStateDict', arguments);
    this.best.loadStateDict(state);
  }

  onFitStart(): void {
    makeFolder(this.folder);
  }

  async onEpochEnd(run: Run, report: EpochReport): Promise<void> {
    takes('ModelCheckpoint.onEpochEnd', arguments);
    if (this.last) await this.save(run, report, this.last);
    if (this.bestFile && report.complete && this.best.improves(report)) {
      await this.save(run, report, this.bestFile);
    }
  }

  private async save({ model }: Run, report: EpochReport, file: string): Promise<void> {
    await saveSafetensors(join(this.folder, file), model.stateDict(), {
      format: 'pt',
      epoch: String(report.epoch),
      step: String(report.step),
      figures: JSON.stringify({ train: report.train, validation: report.validation }),
    });
  }
}
