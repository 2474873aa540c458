import { describe, expect, it } from 'vitest';
import { createReferenceBackend } from '../../src/backend/reference/index';
import { OutOfMemoryError } from '../../src/index';
import { declarations } from '../../src/internal';

const backend = createReferenceBackend('reference');

describe('the reference backend', () => {
  it('writes and reads copies', async () => {
    const buffer = backend.allocate('int32', 4);
    const data = Int32Array.of(1, 2, 3);
    backend.write(buffer, data);
    const copy = backend.readSync?.(buffer, 'int32', 1, 2) ?? new Int32Array();
    expect(Array.from(copy)).toEqual([2, 3]);
    copy[0] = 9;
    data[0] = 9;
    expect(Array.from(await backend.read(buffer, 'int32', 0, 4))).toEqual([1, 2, 3, 0]);
  });

  it('refuses what does not fit into memory', () => {
    expect(() => backend.allocate('float32', 2 ** 50)).toThrow(OutOfMemoryError);
  });

  it('has a kernel for every primitive', () => {
    const primitives = Object.values(declarations).filter(({ kind }) => kind === 'primitive');
    expect(primitives.length).toBeGreaterThan(70);
    for (const { name } of primitives) expect(backend.kernels, name).toHaveProperty(name);
  });
});
