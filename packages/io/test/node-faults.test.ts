import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@dl/tensor';
import { disk } from '@dl/testing/disk-faults';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileError } from '../src/index';
import { loadNpy, loadSafetensors, makeFolder, saveNpy, saveSafetensors } from '../src/node/index';

vi.mock('node:fs/promises', async (original) => {
  const { disk } = await import('@dl/testing/disk-faults');
  return disk.over(await original());
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-faults-'));
});
afterEach(() => {
  disk.failAt(0);
  rmSync(folder, { recursive: true });
});

const state = (value: number) => ({ w: tensor([value, value]), b: tensor([value]) });

async function failure(promise: Promise<unknown>): Promise<FileError> {
  const error = await promise.then(() => null).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(FileError);
  return error as FileError;
}

describe('a save on a disk that fails', () => {
  it('leaves the file before it whole, whichever call it is', async () => {
    const path = join(folder, 'model.safetensors');
    await saveSafetensors(path, state(1));
    disk.failAt(0);
    await saveSafetensors(path, state(1));
    const calls = [...disk.calls];
    expect(calls).toEqual('open write write write sync close rename open sync close'.split(' '));
    for (const code of ['ENOSPC', 'EIO', 'EDQUOT']) {
      for (let at = 1; at <= calls.length; at++) {
        await saveSafetensors(path, state(1));
        disk.failAt(at, code);
        const error = await failure(saveSafetensors(path, state(2)));
        expect(error).toMatchObject({ code, file: path, name: 'FileError' });
        expect(error.message).toContain(path);
        expect(readdirSync(folder)).toEqual(['model.safetensors']);
        // After the rename the new file is there, and what failed is making that durable.
        const kept = (await loadSafetensors(path)).tensors.w.toArray();
        expect(kept).toEqual(at <= calls.indexOf('rename') + 1 ? [1, 1] : [2, 2]);
        disk.failAt(0);
        await saveSafetensors(path, state(3));
        expect((await loadSafetensors(path)).tensors.b.toArray()).toEqual([3]);
      }
    }
  });

  it('does not mind folders that cannot be synced, as on Windows', async () => {
    const path = join(folder, 'model.safetensors');
    await saveSafetensors(path, state(1));
    disk.failAt(0);
    await saveSafetensors(path, state(1));
    disk.failAt(disk.calls.length - 1, 'EINVAL');
    await saveSafetensors(path, state(2));
    disk.failAt(disk.calls.length - 2, 'EPERM');
    await saveSafetensors(path, state(3));
    expect((await loadSafetensors(path)).tensors.b.toArray()).toEqual([3]);
  });
});

describe('what the system refuses', () => {
  it('is told with the file and what its code means', async () => {
    const no = join(folder, 'no', 'x.npy');
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));
    const long = join(folder, 'x'.repeat(300));
    const x = tensor([1]);
    for (const [code, path, act] of [
      ['ENOENT', no, () => loadNpy(no)],
      ['ENOENT', no, () => saveNpy(no, x)],
      ['EISDIR', folder, () => loadNpy(folder)],
      ['EISDIR', join(folder, 'folder'), () => saveNpy(join(folder, 'folder'), x)],
      ['ENOTDIR', join(folder, 'file', 'x'), () => loadNpy(join(folder, 'file', 'x'))],
      ['ENAMETOOLONG', long, () => saveNpy(long, x)],
    ] as const) {
      const error = await failure(act());
      expect(error).toMatchObject({ code, file: path });
      expect(error.message).toMatch(new RegExp(`${code}, [a-z ]+$`));
    }
  });

  it('is told of folders, and does not hang', () => {
    makeFolder(join(folder, 'a', 'b'));
    makeFolder(join(folder, 'a', 'b'));
    expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
    writeFileSync(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'x'), '/proc/no/such']) {
      if (path.startsWith('/proc') && process.platform !== 'linux') continue;
      expect(() => makeFolder(path)).toThrow(FileError);
    }
  });
});

describe('temporary files', () => {
  it('of killed processes are removed at the next save, and no others', async () => {
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const name = (machine: string, pid: number | null, digit: string) =>
      `model.safetensors.${machine}.${pid}.${digit.repeat(12)}.tmp`;
    const old = name(host, process.pid, 'b');
    const kept = [
      name(host, process.ppid, 'c'),
      name(host, process.pid, 'd'),
      name('00000000', dead, 'e'),
      'notes.tmp',
    ];
    for (const file of [name(host, dead, 'a'), old, ...kept])
      writeFileSync(join(folder, file), 'x');
    // Of a process with our number that was there before us.
    utimesSync(join(folder, old), 1, 1);
    await saveSafetensors(join(folder, 'model.safetensors'), state(1));
    expect(readdirSync(folder).sort()).toEqual([...kept, 'model.safetensors'].sort());
  });
});
