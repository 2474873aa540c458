import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@dl/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeNpz, decodeTorch, encodeNpy, FormatError, torchStateDict } from '../src/index';
import { loadNpy, loadNpz, loadTorch, saveNpy, saveNpz } from '../src/node/index';
import { contents } from './bytes';
import { fixture } from './fixtures';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dl-io-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Puts a fixture on disk and returns its path. */
async function onDisk(name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, fixture(name));
  return path;
}

it('loads PyTorch files as decodeTorch does', async () => {
  const loaded = torchStateDict(await loadTorch(await onDisk('views.pt')));
  const decoded = torchStateDict(decodeTorch(fixture('views.pt')));
  expect(Object.keys(loaded)).toEqual(Object.keys(decoded));
  for (const name of Object.keys(loaded))
    expect(contents(loaded[name])).toEqual(contents(decoded[name]));
});

it('loads npz files as decodeNpz does, and saves them', async () => {
  const loaded = await loadNpz(await onDisk('deflated.npz'));
  const decoded = decodeNpz(fixture('deflated.npz'));
  for (const name of Object.keys(decoded))
    expect(contents(loaded[name])).toEqual(contents(decoded[name]));
  const path = join(folder, 'again.npz');
  await saveNpz(path, loaded, { compressed: true });
  expect(contents((await loadNpz(path)).weight)).toEqual(contents(decoded.weight));
});

it('saves and loads npy files', async () => {
  const path = join(folder, 'x.npy');
  const x = tensor([[1, 2, 3]]);
  await saveNpy(path, x);
  expect(new Uint8Array(await readFile(path))).toEqual(encodeNpy(x));
  expect(contents(await loadNpy(path))).toEqual(contents(x));
});

it('names the file where it refuses one', async () => {
  for (const [name, load] of [
    ['command.pt', loadTorch],
    ['object.npy', loadNpy],
    ['f4.npy', loadNpz],
  ] as const) {
    const error = await load(await onDisk(name)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toContain(name);
  }
});
