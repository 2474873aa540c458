import { spawn } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setAnomalyMode } from '@dl/autograd';
import { FormatError } from '@dl/io';
import { CrossEntropyLoss, Linear, Module, MSELoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { Generator, ones, type Tensor, tensor, UsageError } from '@dl/tensor';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Callback, Snapshot } from '../src/index';
import { fit, LossCurve, NonFiniteLossError, trainStep } from '../src/index';
import { latestRun, loadRun, RunCheckpoint, saveRun } from '../src/node/index';
import { circleLoader, circleModel } from './helpers';

const loss = new CrossEntropyLoss();
let folder = '';
let program = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dl-resume-'));
  program = join(folder, 'child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('resume-child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@dl/source'],
    // CommonJS libraries of the report, which is not written here.
    external: ['vega', 'cli-progress', 'fast-png'],
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program, which kills itself at a step or call of the disk, 0 for none. @returns whether it came to its end. */
function run(runs: string, result: string, killAt = 0): Promise<boolean> {
  const child = spawn(process.execPath, [program, runs, result, String(killAt)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_PATH: '' },
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`exit code ${code}`));
      else resolve(code === 0);
    });
  });
}

describe('a run that is killed', () => {
  it('goes on to the same bits, however often', async () => {
    const [whole, pieces] = [join(folder, 'whole'), join(folder, 'pieces')];
    const [expected, found] = [join(folder, 'whole.json'), join(folder, 'pieces.json')];
    expect(await run(whole, expected)).toBe(true);
    const random = new Generator(11);
    const unfinished = () => readdirSync(pieces).filter((name) => name.endsWith('.tmp'));
    let kills = 0;
    let broken = 0;
    while (!(await run(pieces, found, 60 + Math.floor(120 * random.random())))) {
      if (++kills > 60) throw new Error('it never comes to its end');
      broken += unfinished().length;
    }
    expect(kills).toBeGreaterThan(5);
    expect(broken).toBeGreaterThan(2);
    const [a, b] = [expected, found].map((file) => JSON.parse(readFileSync(file, 'utf8')));
    expect(b).toEqual(a);
    expect(readdirSync(pieces).filter((name) => /^run-\d+\.safetensors$/.test(name))).toHaveLength(
      2,
    );
    expect(unfinished()).toEqual([]);
  });
});

function circle(resume?: Snapshot | null, epochs = 3, callbacks: Callback[] = []) {
  const model = circleModel();
  const optimizer = new SGD(model.namedParameters(), { lr: 0.3, momentum: 0.9 });
  const train = circleLoader(100, 20);
  return { model, history: fit(model, { train, optimizer, loss, epochs, callbacks, resume }) };
}

describe('files of runs', () => {
  it('fall back to the one before where the newest is damaged', async () => {
    const runs = join(folder, 'damaged');
    await circle(null, 3, [new RunCheckpoint(runs)]).history;
    expect(readdirSync(runs).sort()).toEqual(['run-10.safetensors', 'run-15.safetensors']);
    const errors: string[] = [];
    const onDamaged = (error: FormatError) => errors.push(error.message);
    truncateSync(join(runs, 'run-15.safetensors'), 1000);
    const older = await latestRun(runs, { onDamaged });
    expect(errors[0]).toMatch(/run-15/);
    const again = circle(older);
    expect((await again.history).epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    const straight = circle();
    await straight.history;
    expect(again.model.parameters()[0].dataSync()).toEqual(
      straight.model.parameters()[0].dataSync(),
    );
    writeFileSync(join(runs, 'run-10.safetensors'), 'nothing');
    expect(await latestRun(runs, { onDamaged })).toBeNull();
    await expect(loadRun(join(runs, 'run-10.safetensors'))).rejects.toThrow(FormatError);
  });

  it('are null where there are none, and refused where they are of another run', async () => {
    expect(await latestRun(join(folder, 'nowhere'))).toBeNull();
    const path = join(folder, 'other.safetensors');
    await saveRun(path, { tensors: { x: ones([2]) }, values: { version: 99 } });
    await expect(circle(await loadRun(path)).history).rejects.toThrow(UsageError);
    const runs = join(folder, 'callbacks');
    await circle(null, 1, [new RunCheckpoint(runs)]).history;
    const saved = await latestRun(runs);
    const more = [new RunCheckpoint(runs), new LossCurve()];
    await expect(circle(saved, 2, more).history).rejects.toThrow(/other callbacks/);
  });
});

describe('gradient accumulation', () => {
  it('makes the step of one large batch, also where the last ones are fewer', async () => {
    const ends = await Promise.all(
      [
        [5, 4],
        [20, 1],
      ].map(async ([size, accumulate]) => {
        const model = circleModel();
        const optimizer = new SGD(model.parameters(), { lr: 0.5 });
        const loader = circleLoader(90, size);
        const steps: number[] = [];
        const onStepEnd: Callback['onStepEnd'] = (_, { loss, count }) =>
          void steps.push(loss.item(), count);
        const callbacks = [{ onStepEnd }];
        await fit(model, { train: loader, optimizer, loss, epochs: 2, accumulate, callbacks });
        return { steps, weights: Array.from(model.parameters()[0].dataSync()) };
      }),
    );
    expect(ends[0].steps).toHaveLength(2 * 2 * 5);
    const [each, both] = ends.map(({ steps, weights }) => [...steps, ...weights]);
    for (let i = 0; i < each.length; i++) expect(each[i]).toBeCloseTo(both[i], 5);
  });
});

class Roots extends Module {
  readonly linear = new Linear(1, 1);

  forward(x: Tensor): Tensor {
    return this.linear.forward(x).log().mul(2);
  }
}

describe('a loss that is not finite', () => {
  const batch = [tensor([[-1], [-2]]), tensor([[0], [0]])];
  const learner = () => {
    const model = new Roots();
    model.loadStateDict({ 'linear.weight': tensor([[1]]), 'linear.bias': tensor([0]) });
    return { model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), loss: new MSELoss() };
  };

  it('ends the run before anything is learned, and says where', async () => {
    const { model, ...options } = learner();
    const run = fit(model, { ...options, train: [batch] });
    await expect(run).rejects.toThrow(NonFiniteLossError);
    await expect(run).rejects.toThrow(/epoch 1, batch 1/);
    expect(model.linear.weight.item()).toBe(1);
  });

  it('names the operation in anomaly mode', () => {
    setAnomalyMode(true);
    try {
      expect(() => trainStep(learner(), batch)).toThrow(/made by.*log/);
    } finally {
      setAnomalyMode(false);
    }
    expect(() => trainStep(learner(), batch)).toThrow(/setAnomalyMode/);
  });
});
