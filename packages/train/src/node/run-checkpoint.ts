/** Whole runs on disk, to go on after a crash. */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, FormatError } from '@dl/io';
import { loadSafetensors, makeFolder, saveSafetensors } from '@dl/io/node';
import { ValueError } from '@dl/tensor';
import type { Callback, Run, Settled } from '../callback';
import { takes } from '../signatures';
import type { Snapshot } from '../snapshot';

/** The key of the metadata that holds everything but the tensors. */
const KEY = 'dl.run';
const NAME = /^run-(\d+)\.safetensors$/;

/** Options of `RunCheckpoint`. */
export interface RunCheckpointOptions {
  /** Save after so many steps. Default 0: within epochs nothing is saved. */
  readonly everySteps?: number;
  /** Save after so many epochs. Default 1; 0: only by steps. */
  readonly everyEpochs?: number;
  /** How many files stay; older ones are removed. Default 2, so that one is left if the newest is damaged. */
  readonly keep?: number;
}

/**
 * Saves all of a run: model, optimiser, schedules, generator, the loader's position and the figures so far. `latestRun` finds the
 * newest file; with it `fit` goes on to the same numbers, bit for bit, as if it had never stopped. Files are written beside, synced
 * and renamed: a crash leaves old ones whole.
 *
 * @example
 * const callbacks = [new RunCheckpoint('runs/today', { everySteps: 500 })];
 * await fit(model, { ..., callbacks, resume: await latestRun('runs/today') });
 */
export class RunCheckpoint implements Callback {
  private readonly everySteps: number;
  private readonly everyEpochs: number;
  private readonly keep: number;

  /** Saves into a folder. @param folder - made where it is missing. @throws ValueError for numbers that are not whole. */
  constructor(
    private readonly folder: string,
    options: RunCheckpointOptions = {},
  ) {
    takes('RunCheckpoint', arguments);
    const { everySteps = 0, everyEpochs = 1, keep = 2 } = options;
    for (const [name, value] of Object.entries({ everySteps, everyEpochs, keep })) {
      if (Number.isInteger(value) && value >= (name === 'keep' ? 1 : 0)) continue;
      throw new ValueError('RunCheckpoint', `${name} must be a whole number`, {
        args: { [name]: value },
      });
    }
    this.everySteps = everySteps;
    this.everyEpochs = everyEpochs;
    this.keep = keep;
  }

  onFitStart(): void {
    makeFolder(this.folder);
  }

  onSettled(run: Run, settled: Settled): Promise<void> | undefined {
    takes('RunCheckpoint.onSettled', arguments);
    const { step, epoch, report } = settled;
    const every = report ? this.everyEpochs : this.everySteps;
    const count = report ? epoch : step;
    if (every === 0 || count % every !== 0) return undefined;
    return this.save(run, step);
  }

  private async save(run: Run, step: number): Promise<void> {
    await saveRun(join(this.folder, `run-${step}.safetensors`), run.snapshot());
    const old = (await runFiles(this.folder)).slice(this.keep);
    await Promise.all(old.map((file) => remove(join(this.folder, file))));
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error: unknown) => {
    throw new FileError('RunCheckpoint', 'remove', path, error);
  });
}

/**
 * Saves a snapshot atomically, as safetensors with the rest as metadata.
 *
 * @param path - the file; its folder must exist. @throws FileError that names the file where it cannot be written.
 */
export function saveRun(path: string, snapshot: Snapshot): Promise<void> {
  takes('saveRun', arguments);
  const { tensors, values } = snapshot;
  return saveSafetensors(path, tensors, { [KEY]: JSON.stringify(values) });
}

/**
 * Loads a snapshot.
 *
 * @param path - the file. @throws FormatError where it is damaged or no snapshot, FileError where it cannot be read; both name it.
 */
export async function loadRun(path: string): Promise<Snapshot> {
  takes('loadRun', arguments);
  const { tensors, metadata } = await loadSafetensors(path);
  const json = metadata?.[KEY];
  try {
    if (json !== undefined) return { tensors, values: JSON.parse(json) };
  } catch {
    // What is no JSON is no snapshot either.
  }
  throw new FormatError('loadRun', 'the file holds no run').inFile(path);
}

/** Files of runs in a folder, the newest first. */
async function runFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new FileError('latestRun', 'list', folder, error);
  });
  const step = (name: string) => Number(NAME.exec(name)?.[1]);
  return names.filter((name) => NAME.test(name)).sort((a, b) => step(b) - step(a));
}

/**
 * The newest snapshot that `RunCheckpoint` left in a folder and that is whole; null where there is none.
 *
 * @param options - `onDamaged` hears of files that are passed over. Default: a line on the standard error.
 */
export async function latestRun(
  folder: string,
  options: { readonly onDamaged?: (error: FormatError) => void } = {},
): Promise<Snapshot | null> {
  takes('latestRun', arguments);
  const { onDamaged = (error: Error) => console.error(`passed over: ${error.message}`) } = options;
  for (const file of await runFiles(folder)) {
    try {
      return await loadRun(join(folder, file));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      onDamaged(error);
    }
  }
  return null;
}
