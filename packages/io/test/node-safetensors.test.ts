import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@dl/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, FormatError } from '../src/index';
import {
  loadSafetensors,
  readSafetensorsHeader,
  saveSafetensors,
  writeFileAtomic,
} from '../src/node/index';
import { contents, littleEndian } from './bytes';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dl-io-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('safetensors on disk', () => {
  it('saves what encodeSafetensors returns and loads it back', async () => {
    const path = join(folder, 'model.safetensors');
    const tensors = {
      w: tensor([
        [1, 2],
        [3, 4],
      ]),
      n: tensor([5], { dtype: 'int32' }),
    };
    await saveSafetensors(path, tensors, { format: 'pt' });
    expect(new Uint8Array(await readFile(path))).toEqual(
      encodeSafetensors(tensors, { format: 'pt' }),
    );
    const back = await loadSafetensors(path);
    expect(back.metadata).toEqual({ format: 'pt' });
    expect(contents(back.tensors.w)).toEqual(contents(tensors.w));
    expect(contents(back.tensors.n)).toEqual(contents(tensors.n));
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('reads the header without the data', async () => {
    const path = join(folder, 'model.safetensors');
    await saveSafetensors(path, { w: tensor([[1, 2, 3]]) });
    const { tensors } = await readSafetensorsHeader(path);
    expect(tensors).toEqual([{ name: 'w', dtype: 'F32', shape: [1, 3], start: 72, end: 84 }]);
  });

  it('names the file in its errors', async () => {
    const path = join(folder, 'cut.safetensors');
    await saveSafetensors(path, { w: tensor([1, 2, 3]) });
    await truncate(path, 75);
    const error = await loadSafetensors(path).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).file).toBe(path);
    expect((error as FormatError).message).toMatch(
      /"w" lies outside the file[\s\S]*cut\.safetensors/,
    );
  });

  it('refuses a huge sparse file by its header, without reading its data', async () => {
    const path = join(folder, 'sparse.safetensors');
    const header = '{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}';
    await writeFile(path, littleEndian(BigInt(header.length)));
    await writeFile(path, header, { flag: 'a' });
    await truncate(path, 2 ** 38);
    const before = process.memoryUsage().rss;
    await expect(loadSafetensors(path)).rejects.toThrow(/belong to none/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('passes on the error of a file that is not there', async () => {
    await expect(loadSafetensors(join(folder, 'nothing'))).rejects.toThrow(/ENOENT/);
  });
});

describe('writeFileAtomic', () => {
  it('leaves the old file and no other where writing fails halfway', async () => {
    const path = join(folder, 'file');
    await writeFileAtomic(path, [Uint8Array.of(1, 2)]);
    const failing = function* () {
      yield Uint8Array.of(3);
      throw new Error('device lost');
    };
    await expect(writeFileAtomic(path, failing())).rejects.toThrow('device lost');
    expect([...(await readFile(path))]).toEqual([1, 2]);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('does not disturb a reader that has the old file open', async () => {
    const path = join(folder, 'file');
    await saveSafetensors(path, { a: tensor([1]) });
    const reader = await open(path, 'r');
    await saveSafetensors(path, { a: tensor([2]) });
    const old = decodeSafetensors(new Uint8Array(await reader.readFile()));
    await reader.close();
    expect(old.tensors.a.toArray()).toEqual([1]);
    expect((await loadSafetensors(path)).tensors.a.toArray()).toEqual([2]);
  });
});
