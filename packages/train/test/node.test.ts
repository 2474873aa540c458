import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { inflateSync } from 'node:zlib';
import { loadSafetensors } from '@dl/io/node';
import { CrossEntropyLoss } from '@dl/nn';
import { SGD } from '@dl/optim';
import { tensor } from '@dl/tensor';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Callback } from '../src/index';
import { Accuracy, ConfusionMatrix, evaluate, fit, LossCurve } from '../src/index';
import {
  JsonLinesLog,
  ModelCheckpoint,
  ProgressBar,
  pngDataUri,
  renderReport,
  writeReport,
} from '../src/node/index';
import { circleLoader, circleModel } from './helpers';

const loss = new CrossEntropyLoss();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-train-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function circle(callbacks: Callback[], epochs = 2, signal?: AbortSignal) {
  const model = circleModel();
  const options = {
    train: circleLoader(400, 32),
    validation: circleLoader(100, 50, 1),
    optimizer: new SGD(model.parameters(), { lr: 0.3 }),
    metrics: [new Accuracy()],
    loss,
    epochs,
    callbacks,
    signal,
  };
  return { model, history: fit(model, options) };
}

/** A stream that remembers, as a terminal or not. */
function recorder(isTTY: boolean) {
  let text = '';
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    text += chunk.toString();
    done();
  };
  const stream = Object.assign(new Writable({ write }), {
    isTTY,
    columns: 200,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  return { stream, read: () => text };
}

it('JsonLinesLog writes steps and epochs, one object a line', async () => {
  const path = join(folder, 'new', 'metrics.jsonl');
  const log = new JsonLinesLog(path, { everySteps: 5 });
  log.write({ event: 'start' });
  const history = await circle([log]).history;
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => line.event)).toEqual([
    'start',
    'steps',
    'steps',
    'epoch',
    'steps',
    'steps',
    'steps',
    'epoch',
  ]);
  expect(lines[1]).toEqual({ event: 'steps', step: 5, epoch: 1, loss: expect.any(Number) });
  expect(lines[7]).toEqual({ event: 'epoch', ...history.epochs[1] });
});

it('ModelCheckpoint keeps the newest and the best weights, whole', async () => {
  const { model, history } = circle([new ModelCheckpoint(join(folder, 'run'))], 3);
  await history;
  expect(readdirSync(join(folder, 'run')).sort()).toEqual(['best.safetensors', 'last.safetensors']);
  const { tensors, metadata } = await loadSafetensors(join(folder, 'run', 'last.safetensors'));
  expect(metadata).toMatchObject({ epoch: '3', step: '39', format: 'pt' });
  const own = model.stateDict();
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(own).sort());
  for (const [name, x] of Object.entries(tensors)) expect(x.toArray()).toEqual(own[name].toArray());
});

it('ModelCheckpoint keeps the epoch with the best figure, not the last one', async () => {
  const checkpoint = new ModelCheckpoint(folder, { last: null, monitor: 'validation.accuracy' });
  await checkpoint.onFitStart();
  const { model, history } = circle([], 1);
  const [report] = (await history).epochs;
  const run = { model, optimizer: null, epochs: 3 } as never;
  for (const [epoch, accuracy] of [
    [1, 0.5],
    [2, 0.9],
    [3, 0.7],
  ]) {
    const validation = { loss: 1, accuracy };
    await checkpoint.onEpochEnd(run, { ...report, epoch, validation });
  }
  const { metadata } = await loadSafetensors(join(folder, 'best.safetensors'));
  expect(metadata.epoch).toBe('2');
});

it('ProgressBar draws in a terminal', async () => {
  const { stream, read } = recorder(true);
  await circle([new ProgressBar({ stream, bar: true, validationName: 'test' })]).history;
  expect(read()).toContain('epoch 1/2 |░░░░');
  expect(read()).toMatch(/epoch 2\/2 · loss 0\.\d+ · accuracy [\d.]+ % · test loss .* samples\/s/);
});

it('ProgressBar is quiet where nobody watches', async () => {
  const { stream, read } = recorder(false);
  await circle([new ProgressBar({ stream })]).history;
  expect(read().trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^epoch 1\/2 · loss/),
    expect.stringMatching(/^epoch 2\/2 · loss/),
  ]);
  expect(read()).not.toContain('░');
  vi.stubEnv('CI', 'true');
  const terminal = recorder(true);
  await circle([new ProgressBar({ stream: terminal.stream })]).history;
  vi.unstubAllEnvs();
  expect(terminal.read()).not.toContain('░');
});

it('ProgressBar gives signs of life within a long epoch, with the time left', async () => {
  const { stream, read } = recorder(false);
  await circle([new ProgressBar({ stream, quietSeconds: 0 })], 1).history;
  const lines = read().trimEnd().split('\n');
  expect(lines.length).toBe(14);
  expect(lines[5]).toMatch(/^epoch 1\/1 · 46% · 0:00 left · loss .* · accuracy .* samples\/s$/);
});

it('the report is one file that stands alone', async () => {
  const curve = new LossCurve();
  const { model, history } = circle([curve], 3);
  const record = await history;
  const confusion = new ConfusionMatrix(2);
  await evaluate(model, circleLoader(100, 50, 1), { loss, metrics: [confusion] });
  const path = join(folder, 'report.html');
  await writeReport(path, {
    title: 'Points & <circles>',
    facts: { 'test accuracy': '98 %' },
    history: record,
    curve: curve.points,
    confusion,
    classNames: ['outside', 'inside'],
    gallery: {
      title: 'Pictures',
      pictures: [
        { uri: pngDataUri(tensor([[0, 1]])), caption: 'two pixels', detail: 'black, white' },
      ],
    },
  });
  const html = readFileSync(path, 'utf8');
  expect(html.match(/<svg/g)?.length).toBe(2);
  expect(html).toContain('<title>Points &amp; &lt;circles&gt;</title>');
  expect(html).not.toMatch(/<script|<link|(src|href)="(?!data:)|url\(|@import/);
  for (const count of confusion.counts.flat()) expect(html).toContain(`>${count}</td>`);
  for (const word of ['outside', 'two pixels', 'black, white', 'validation accuracy']) {
    expect(html).toContain(word);
  }
});

it('the report of a run that was stopped at once still opens', async () => {
  const control = new AbortController();
  control.abort();
  const html = await renderReport({
    title: 'Nothing',
    history: await circle([], 3, control.signal).history,
  });
  expect(html).toContain('No batch was learned from.');
  expect(html).not.toContain('NaN');
});

it('pngDataUri writes what a decoder reads, in grey and in colour', () => {
  const rows = (uri: string) => {
    const png = Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const [width, height, type] = [png.readUInt32BE(16), png.readUInt32BE(20), png[25]];
    const start = png.indexOf('IDAT') + 4;
    const data = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
    return { width, height, type, bytes: [...data] };
  };
  expect(rows(pngDataUri(tensor([[0, 0.5, 1]])))).toEqual({
    width: 3,
    height: 1,
    type: 0,
    bytes: [0, 0, 128, 255],
  });
  const colours = tensor([
    [[1], [0]],
    [[0], [1]],
    [[0], [0]],
  ]);
  expect(rows(pngDataUri(colours))).toMatchObject({ width: 1, height: 2, type: 2 });
  expect(rows(pngDataUri(colours)).bytes).toEqual([0, 255, 0, 0, 0, 0, 255, 0]);
  expect(() => pngDataUri(tensor([1, 2]))).toThrow('this is not an image');
});
