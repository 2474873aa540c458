import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadSafetensors } from '@dl/io/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, folderOf, idx, mnistFiles, type Outcome, runCli } from './command';

const folders: string[] = [];
let cli = '';
let cwd = '';
let mnist = '';

function folder(files: Record<string, Uint8Array>): string {
  const path = folderOf(files);
  folders.push(path);
  return path;
}

beforeAll(async () => {
  cwd = folder({});
  mnist = folder(mnistFiles());
  cli = await buildCli(cwd);
});
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true });
});

const run = (...args: string[]): Promise<Outcome> => runCli(cli, cwd, args);

describe('refuses in one sentence, with exit code 1', () => {
  const files = mnistFiles();
  const { 'train-labels-idx1-ubyte': _, ...withoutLabels } = files;
  const changed = (name: string, bytes: Uint8Array) => ({ ...files, [name]: bytes });
  const trainImages = files['train-images-idx3-ubyte'];
  const cases: [string, () => string[], RegExp][] = [
    [
      'an unknown recipe',
      () => ['lennet'],
      /there is no recipe "lennet"; there are lenet, mlp, .*text-cnn/,
    ],
    [
      'an unknown option',
      () => ['--epoch', '3'],
      /unknown option '--epoch' \(Did you mean --epochs\?\)/,
    ],
    ['epochs that are no number', () => ['--epochs', '1.5'], /'1\.5' is invalid.*whole number/],
    ['a rate that is none', () => ['--lr', '-1'], /must be a positive number/],
    [
      'a missing folder',
      () => ['--data', '/no/such/folder'],
      /there is no folder \/no\/such\/folder/,
    ],
    ['a missing file', () => ['--data', folder(withoutLabels)], /has no train-labels-idx1-ubyte/],
    [
      'a truncated file',
      () => ['--data', folder(changed('train-images-idx3-ubyte', trainImages.slice(0, 5000)))],
      /train-images-idx3-ubyte is truncated: 5000 bytes; expected 31376 bytes/,
    ],
    [
      'a truncated gzip file',
      () => {
        const name = 't10k-images-idx3-ubyte.gz';
        return ['--data', folder(changed(name, files[name].slice(0, 60)))];
      },
      /t10k-images-idx3-ubyte.gz does not unpack/,
    ],
    [
      'labels where images should be',
      () => {
        const name = 'train-labels-idx1-ubyte';
        return ['--data', folder(changed('train-images-idx3-ubyte', files[name]))];
      },
      /train-images-idx3-ubyte does not hold images/,
    ],
    [
      'labels that are no digits',
      () => {
        const bytes = idx([40], new Uint8Array(40).fill(11));
        return ['--data', folder(changed('train-labels-idx1-ubyte', bytes))];
      },
      /train-labels-idx1-ubyte has a label 11/,
    ],
  ];
  it.each(cases)('%s', async (_name, args, message) => {
    const { code, stdout, stderr } = await run('--out', join(cwd, 'refused'), ...args());
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toMatch(message);
  });
  it('and leaves no run folder', async () => {
    expect(readdirSync(cwd)).not.toContain('refused');
    const { code } = await run('--data', '/no/such/folder', '--out', join('deep', 'below', 'run'));
    expect(code).toBe(1);
    expect(readdirSync(cwd)).not.toContain('deep');
  });
});

it('--help lists the recipes and the options', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const word of ['lenet', 'mlp', 'softmax-regression', '--data', '--epochs', '--batch-size']) {
    expect(stdout).toContain(word);
  }
  for (const word of ['--lr', '--seed', '--limit', '--json', '--out', 'exit code 130']) {
    expect(stdout).toContain(word);
  }
});

describe('a run', () => {
  it.each([
    ['a file', () => cli],
    ['a folder below a file', () => join(cli, 'x')],
    ['a folder where none can be', () => '/proc/no/such'],
  ])('does not look at its data where it should leave its files in %s', async (_, out) => {
    const { code, stdout, stderr } = await run('mlp', '--data', '/no/such/data', '--out', out());
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: cannot make the folder .*: E[A-Z]+, [a-z ]+\n$/);
  });

  it.each([
    // In the first step everything is finite; what it leaves is not.
    ['at its end', ['--limit', '10', '--batch-size', '10'], /test loss of (NaN|Infinity)/],
    ['on its way', ['--batch-size', '10'], /the loss is NaN in epoch 1, batch 2.*; hint: set/],
  ])('that comes to NaN %s ends with an error', async (_when, args, message) => {
    const rate = [
      'mlp',
      '--data',
      mnist,
      '--epochs',
      '1',
      '--lr',
      '1e38',
      '--json',
      '--out',
      'nan',
    ];
    const { code, stdout, stderr } = await run(...rate, ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  it.each(['lenet', 'mlp', 'softmax-regression'])('%s leaves its files', async (recipe) => {
    const args = [recipe, '--data', mnist, '--epochs', '3', '--batch-size', '10', '--lr', '0.01'];
    const { code, stdout } = await run(...args, '--out', recipe);
    expect(code).toBe(0);
    expect(stdout).toContain('true │');
    expect(stdout).toMatch(/Test accuracy [\d.]+ %/);
    const names = ['metrics.jsonl', 'model.safetensors', 'report.html'];
    expect(readdirSync(join(cwd, recipe)).sort()).toEqual(names);
    const report = readFileSync(join(cwd, recipe, 'report.html'), 'utf8');
    for (const part of ['<svg', 'Confusion matrix', 'Worst mistakes'])
      expect(report).toContain(part);
    const { tensors } = await loadSafetensors(join(cwd, recipe, 'model.safetensors'));
    expect(Object.keys(tensors)).not.toEqual([]);
  });

  it('optimisers draws all methods', async () => {
    const { code, stdout } = await run('optimisers', '--out', 'surfaces', '--json');
    expect(code).toBe(0);
    const { methods, reachedBoth } = JSON.parse(stdout);
    expect(methods).toBe(15);
    expect(reachedBoth).toBeGreaterThanOrEqual(5);
    const page = readFileSync(join(cwd, 'surfaces', 'optimisers.html'), 'utf8');
    expect(page.match(/<svg/g)?.length).toBe(2 * methods);
    expect(page).not.toMatch(/NaN|undefined|<script/);
  });

  it('house-prices compares remedies', async () => {
    const { code, stdout } = await run(
      'house-prices',
      '--epochs',
      '40',
      '--out',
      'house',
      '--json',
    );
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary['error, L2']).toBeLessThan(summary['error, nothing against overfitting']);
    expect(readdirSync(join(cwd, 'house')).sort()).toEqual(['metrics.jsonl', 'report.html']);
  });

  it('text-cnn reads reviews, given or built in', async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      i % 2 ? 'a fine film\t1' : 'a poor film\t0',
    );
    const text = new TextEncoder().encode(`${rows.join('\n')}\n`);
    const data = folder({ 'train.tsv': text, 'test.tsv': text });
    const { code, stdout } = await run(
      'text-cnn',
      '--data',
      data,
      '--lr',
      '0.01',
      '--out',
      'text',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ words: 4, testAccuracy: 1 });
    const report = readFileSync(join(cwd, 'text', 'report.html'), 'utf8');
    expect(report).toContain('Confusion matrix');
    const wrong = folder({
      'train.tsv': new TextEncoder().encode('a film\t2\n'),
      'test.tsv': text,
    });
    const refused = await run('text-cnn', '--data', wrong);
    expect(refused.stderr).toMatch(/^error: .*has the label "2" in row 1; expected 0 or 1\n$/);
    const builtIn = await run(
      'text-cnn',
      '--limit',
      '200',
      '--epochs',
      '1',
      '--out',
      'text0',
      '--json',
    );
    expect(JSON.parse(builtIn.stdout).epochs).toBe(1);
  });

  it('cifar learns, feature-maps shows, fine-tune goes on', async () => {
    const args = ['cifar', '--limit', '32', '--epochs', '1', '--out', 'cifar', '--json'];
    const { code, stdout } = await run(...args, '--model', 'densenet');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: 'densenet', epochs: 1 });
    const weights = ['--model', 'densenet', '--weights', join('cifar', 'model.safetensors')];
    const maps = await run('feature-maps', ...weights, '--out', 'maps', '--json');
    expect(JSON.parse(maps.stdout).layers).toBe(20);
    const page = readFileSync(join(cwd, 'maps', 'report.html'), 'utf8');
    expect(page.match(/<img/g)?.length).toBeGreaterThan(250);
    const tuned = await run(
      'fine-tune',
      ...weights,
      '--limit',
      '32',
      '--epochs',
      '1',
      '--out',
      'tuned',
      '--json',
    );
    expect(JSON.parse(tuned.stdout)).toMatchObject({ recipe: 'fine-tune', epochs: 1 });
    expect((await run('fine-tune')).stderr).toMatch(/^error: give a file with weights/);
    expect((await run('cifar', '--model', 'resnet19')).stderr).toMatch(
      /there is no model "resnet19"/,
    );
  });

  it('prints one line of JSON, and nothing else, to the standard output', async () => {
    const args = ['mlp', '--data', mnist, '--epochs', '8', '--batch-size', '10', '--limit', '30'];
    const { code, stdout } = await run(...args, '--json');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').length).toBe(1);
    const summary = JSON.parse(stdout);
    expect(summary).toEqual({
      recipe: 'mlp',
      dataset: mnist,
      epochs: 8,
      trainAccuracy: expect.any(Number),
      testAccuracy: 1,
      seconds: expect.any(Number),
      samplesPerSecond: expect.any(Number),
      run: expect.stringMatching(/^runs[\\/]mlp-\d{4}(-\d\d){5}$/),
    });
    const log = readFileSync(join(cwd, summary.run, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(JSON.parse(log[0])).toMatchObject({ event: 'start', recipe: 'mlp', seed: 0 });
    expect(log.filter((line) => JSON.parse(line).event === 'epoch').length).toBe(8);
    expect(JSON.parse(log[1]).examples).toBe(30);
  });

  it('gives the same losses for the same seed, bit for bit', async () => {
    const losses = async (seed: string, out: string) => {
      await run('lenet', '--data', mnist, '--epochs', '2', '--seed', seed, '--out', out);
      const log = readFileSync(join(cwd, out, 'metrics.jsonl'), 'utf8')
        .trimEnd()
        .split('\n');
      const epochs = log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'epoch');
      return epochs.map(({ train, validation }) => [train.loss, validation.loss]);
    };
    const first = await losses('3', 'seed-a');
    expect(await losses('3', 'seed-b')).toEqual(first);
    expect(await losses('4', 'seed-c')).not.toEqual(first);
  });
});

it('Ctrl-C stops after the batch at work and keeps what was learned', async () => {
  const args = ['lenet', '--data', mnist, '--epochs', '100000', '--batch-size', '10', '--json'];
  let sent = false;
  const { code, signal, stdout, stderr } = await runCli(
    cli,
    cwd,
    [...args, '--out', 'stopped'],
    (text, kill) => {
      if (sent || !text.includes('epoch 5/')) return;
      sent = true;
      kill('SIGINT');
    },
  );
  expect([code, signal]).toEqual([130, null]);
  expect(stderr).toContain('Stopping after this batch');
  const { epochs, testAccuracy } = JSON.parse(stdout);
  expect(epochs).toBeGreaterThanOrEqual(5);
  expect(epochs).toBeLessThan(100000);
  expect(testAccuracy).toBeGreaterThanOrEqual(0);
  const { metadata } = await loadSafetensors(join(cwd, 'stopped', 'model.safetensors'));
  expect(metadata.epoch).toBe(String(epochs));
  expect(readdirSync(join(cwd, 'stopped'))).toContain('report.html');
});

it('a second Ctrl-C quits at once', async () => {
  let sent = 0;
  const { signal, stdout } = await runCli(
    cli,
    cwd,
    ['lenet', '--limit', '200', '--epochs', '100000', '--out', 'quit'],
    (text, kill) => {
      if (sent === 0 && text.includes('epoch 1/')) sent = 1;
      else if (sent === 1 && text.includes('Stopping after')) sent = 2;
      else return;
      kill('SIGINT');
    },
  );
  expect(sent).toBe(2);
  expect(signal).toBe('SIGINT');
  expect(stdout).toBe('');
  expect(readdirSync(join(cwd, 'quit'))).not.toContain('report.html');
});
