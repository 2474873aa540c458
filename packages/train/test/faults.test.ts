import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '@dl/io';
import { loadSafetensors } from '@dl/io/node';
import { CrossEntropyLoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { disk } from '@dl/testing/disk-faults';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Callback } from '../src/index';
import { fit } from '../src/index';
import { JsonLinesLog, latestRun, ModelCheckpoint, RunCheckpoint } from '../src/node/index';
import { circleLoader, circleModel } from './helpers';

vi.mock('node:fs/promises', async (original) => {
  const { disk } = await import('@dl/testing/disk-faults');
  return disk.over(await original());
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-disk-'));
});
afterEach(() => disk.failAt(0));
afterAll(() => rmSync(folder, { recursive: true }));

/** Goes on with the run of a folder, if there is one. @returns the weights it ends with. */
async function train(runs: string, epochs: number, callbacks?: Callback[]) {
  const model = circleModel();
  const resume = await latestRun(runs);
  disk.failAt(fault);
  await fit(model, {
    train: circleLoader(60, 20),
    optimizer: new SGD(model.namedParameters(), { lr: 0.3, momentum: 0.9 }),
    loss: new CrossEntropyLoss(),
    epochs,
    callbacks: callbacks ?? [new RunCheckpoint(runs)],
    resume,
  });
  return model.parameters().map((parameter) => Array.from(parameter.dataSync()));
}

/** Which call of the disk fails from the first epoch of the next `train` on; 0: none. */
let fault = 0;

describe('a run whose disk fails', () => {
  it('ends with the file in the error, and goes on from the checkpoint before it', async () => {
    fault = 0;
    await train(join(folder, 'whole'), 1);
    const whole = await train(join(folder, 'whole'), 3);
    // The second and the third save, the latter with an old file to remove.
    const calls = [...disk.calls];
    for (const [call, count] of [
      ['sync', 4],
      ['rename', 2],
      ['rm', 1],
    ] as const) {
      expect(calls.filter((one) => one === call)).toHaveLength(count);
    }
    for (let at = 1; at <= calls.length; at++) {
      const runs = join(folder, `fault-${at}`);
      fault = 0;
      await train(runs, 1);
      fault = at;
      const error = await train(runs, 3)
        .then(() => null)
        .catch((e: unknown) => e);
      const failing = disk.calls[at - 1];
      expect(error, `call ${at}, ${failing}`).toBeInstanceOf(FileError);
      expect((error as FileError).message).toContain(runs);
      expect(readdirSync(runs).filter((name) => !/^run-\d+\.safetensors$/.test(name))).toEqual([]);
      fault = 0;
      const damaged: Error[] = [];
      disk.failAt(0);
      const onDamaged = (e: Error) => damaged.push(e);
      expect(await latestRun(runs, { onDamaged })).not.toBeNull();
      expect(damaged).toEqual([]);
      expect(await train(runs, 3)).toEqual(whole);
      const last = ['run-6.safetensors', 'run-9.safetensors'];
      expect(readdirSync(runs)).toEqual(expect.arrayContaining(last));
    }
  });

  it('keeps the weights of the epoch before', async () => {
    const run = join(folder, 'weights');
    const checkpoint = () => [new ModelCheckpoint(run, { best: null })];
    fault = 0;
    await train(run, 1, checkpoint());
    const calls = [...disk.calls];
    for (let at = 1; at <= calls.indexOf('rename') + 1; at++) {
      fault = at;
      await expect(train(run, 1, checkpoint())).rejects.toThrow(FileError);
      disk.failAt(0);
      expect(readdirSync(run)).toEqual(['last.safetensors']);
      const { metadata } = await loadSafetensors(join(run, 'last.safetensors'));
      expect(metadata).toMatchObject({ epoch: '1', step: '3' });
    }
  });

  it('says which log could not be written', () => {
    const log = new JsonLinesLog(join(folder, 'logs', 'metrics.jsonl'));
    rmSync(join(folder, 'logs'), { recursive: true });
    expect(() => log.write({})).toThrow(/cannot write .*metrics\.jsonl: ENOENT/);
    expect(() => new JsonLinesLog('/dev/null/x/metrics.jsonl')).toThrow(FileError);
  });
});
