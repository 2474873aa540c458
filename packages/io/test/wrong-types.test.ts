import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ones } from '@dl/tensor';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as main from '../src/index';
import * as node from '../src/node/index';
import { signatures, types } from '../src/signatures';

/** Calls that work. */
const valid = {
  decodeNpy: () => [main.encodeNpy(ones([2]))],
  decodeNpz: () => [main.encodeNpz({ a: ones([2]) })],
  decodeSafetensors: () => [main.encodeSafetensors({ a: ones([2]) })],
  decodeSafetensorsHeader: () => [main.encodeSafetensors({ a: ones([2]) })],
  encodeNpz: () => [{ a: ones([2]) }],
  encodeSafetensors: () => [{ a: ones([2]) }],
  saveNpz: () => ['a.npz', { a: ones([2]) }],
  saveSafetensors: () => ['a.safetensors', { a: ones([2]) }],
  torchStateDict: () => [{ a: ones([2]) }],
  writeFileAtomic: () => ['a', [new Uint8Array(2)]],
};

it('answers arguments of wrong types with typed errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-wrong-types-'));
  const here = process.cwd();
  // What is written under a name like 'foo' lands there.
  process.chdir(folder);
  try {
    const report = await wrongTypes({ ...main, ...node }, signatures, types, { valid });
    expect(report.calls).toBeGreaterThan(500);
    expect(report.raw).toEqual([]);
    expect(report.accepted).toEqual([]);
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  }
}, 120_000);
