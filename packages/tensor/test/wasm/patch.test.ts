import { inflateSync } from 'fflate';
import { expect, it } from 'vitest';
import { makePatch } from '../../scripts/patch.mjs';
import { relaxed, simd } from '../../src/backend/wasm/binaries';
import type { Machine } from '../../src/backend/wasm/machine';
import { Heap } from '../../src/backend/wasm/memory/heap';
import type { Engine } from '../../src/backend/wasm/module/engine';
import { engine } from '../../src/backend/wasm/module/engine';
import { applyPatch } from '../../src/backend/wasm/module/patch';
import { passesSelfTest } from '../../src/backend/wasm/module/self-test';
import { ValueError } from '../../src/core/errors';

const decode = (text: string) => inflateSync(Buffer.from(text, 'base64'));

it('tells any bytes as changes of others', () => {
  const bytes = (length: number, seed: number) =>
    Buffer.from(Array.from({ length }, (_, i) => (i * i * seed + (i >> 3)) & 255));
  const base = bytes(3000, 7);
  const moved = Buffer.concat([base.subarray(900), bytes(300, 5), base.subarray(10, 950)]);
  const single = Buffer.from(base);
  for (let i = 0; i < 3000; i += 137) single[i] ^= 1;
  const none = Buffer.alloc(0);
  for (const target of [base, moved, single, bytes(200, 3), none])
    for (const from of [base, none])
      expect(Buffer.from(applyPatch(from, makePatch(from, target))).equals(target)).toBe(true);
  expect(makePatch(base, moved).length).toBeLessThan(400);
});

it('refuses a patch that is cut off, or for other bytes', () => {
  const base = Buffer.from(Array.from({ length: 500 }, (_, i) => (i * i) & 255));
  const target = Buffer.concat([base.subarray(200), Buffer.from('something new'), base]);
  const patch = makePatch(base, target);
  for (let length = 0; length < patch.length; length++)
    expect(() => applyPatch(base, patch.subarray(0, length)), `${length} bytes`).toThrow(
      ValueError,
    );
  const other = Buffer.from(base);
  other[300] ^= 1;
  for (const bytes of [base.subarray(1), base.subarray(0, 499), other])
    expect(() => applyPatch(bytes, patch)).toThrow(ValueError);
  for (let i = 0; i < patch.length; i++) {
    const damaged = Buffer.from(patch);
    damaged[i] ^= 255;
    expect(() => applyPatch(base, damaged), `byte ${i}`).toThrow(ValueError);
  }
});

it.skipIf((simd as string) === '')(
  'has kernels for engines without relaxed SIMD, which compute the same',
  () => {
    const host = engine as Engine;
    const bytes = applyPatch(decode(relaxed), decode(simd));
    expect(host.validate(bytes)).toBe(true);
    const heap = new Heap(host);
    const env = { memory: heap.memory, abort() {} };
    const instance = new host.Instance(new host.Module(bytes), { env });
    const kernels = instance.exports as Machine['kernels'];
    kernels.setWorkspace(heap.allocate(kernels.workspaceBytes()));
    expect(passesSelfTest({ kernels, heap } as Machine)).toBe(true);
  },
);
