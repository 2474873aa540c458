import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError, readIdx } from '../src/index';
import { loadIdx, loadMnist } from '../src/node/index';

function idx(type: number, shape: number[], data: number[]): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type;
  header[3] = shape.length;
  shape.forEach((n, i) => {
    header.writeUInt32BE(n, 4 + 4 * i);
  });
  return Buffer.concat([header, Buffer.from(data)]);
}

const images = idx(8, [2, 2, 2], [0, 64, 128, 255, 1, 2, 3, 4]);
const labels = idx(8, [2], [7, 3]);

describe('readIdx', () => {
  it('reads every element type', () => {
    expect(readIdx(images)).toEqual({
      shape: [2, 2, 2],
      data: Uint8Array.of(0, 64, 128, 255, 1, 2, 3, 4),
    });
    expect(readIdx(idx(9, [2], [255, 1])).data).toEqual(Int32Array.of(-1, 1));
    expect(readIdx(idx(11, [1], [255, 254])).data).toEqual(Int32Array.of(-2));
    expect(readIdx(idx(12, [1], [0, 0, 1, 0])).data).toEqual(Int32Array.of(256));
    expect(readIdx(idx(13, [1], [0x3f, 0xc0, 0, 0])).data).toEqual(Float32Array.of(1.5));
    expect(readIdx(idx(14, [1], [0x40, 0, 0, 0, 0, 0, 0, 0])).data).toEqual(Float64Array.of(2));
  });

  it('says what is wrong', () => {
    expect(() => readIdx(images.subarray(0, 3))).toThrow(/too short/);
    expect(() => readIdx(images.subarray(0, 10))).toThrow(/ends inside its header/);
    expect(() => readIdx(images.subarray(0, 18))).toThrow(
      /truncated: 18 bytes[\s\S]*24 bytes for uint8\[2, 2, 2\]/,
    );
    expect(() => readIdx(Buffer.concat([images, Buffer.from([0])]))).toThrow(/left over/);
    expect(() => readIdx(idx(7, [1], [0]))).toThrow(/not an IDX file: it begins with 0x00000701/);
    expect(() => readIdx(idx(8, [0xffffffff, 0xffffffff, 0xffffffff], []))).toThrow(/truncated/);
  });

  it('meets every mutated file with a result or a DataError', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const mutated = fc
      .tuple(fc.integer({ min: 0, max: images.length - 1 }), fc.integer({ min: 0, max: 255 }))
      .map(([at, value]) => {
        const copy = Uint8Array.from(images);
        copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(bytes, mutated), (file) => {
        try {
          const { shape, data } = readIdx(file);
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('loadMnist', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-mnist-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);
  const all = () => {
    write('train-images-idx3-ubyte', images);
    write('train-labels-idx1-ubyte.gz', gzipSync(labels));
    write('t10k-images-idx3-ubyte.gz', gzipSync(images));
    write('t10k-labels-idx1-ubyte', labels);
  };

  it('takes files gzipped or not', async () => {
    all();
    const { train, test } = await loadMnist(folder);
    expect([train.length, test.length]).toEqual([2, 2]);
    const [x, y] = train.batch([0]);
    expect(x.shape).toEqual([1, 1, 2, 2]);
    expect(x.dataSync()[3]).toBeCloseTo((1 - 0.1307) / 0.3081, 5);
    expect(y.toArray()).toEqual([7]);
  });

  it('names the folder or file at fault', async () => {
    await expect(loadMnist(join(folder, 'nowhere'))).rejects.toThrow(/no folder .*nowhere/);
    all();
    write('t10k-labels-idx1-ubyte', idx(8, [3], [1, 2, 3]));
    await expect(loadMnist(folder)).rejects.toThrow(
      /t10k-images.* and t10k-labels.* do not belong together/,
    );
    write('t10k-labels-idx1-ubyte', images);
    await expect(loadMnist(folder)).rejects.toThrow(/t10k-labels-idx1-ubyte does not hold labels/);
    write('t10k-labels-idx1-ubyte', idx(8, [2], [1, 11]));
    await expect(loadMnist(folder)).rejects.toThrow(/has a label 11/);
    write('t10k-labels-idx1-ubyte', gzipSync(labels).subarray(0, 12));
    await expect(loadMnist(folder)).rejects.toThrow(/t10k-labels-idx1-ubyte does not unpack/);
    rmSync(join(folder, 't10k-labels-idx1-ubyte'));
    await expect(loadMnist(folder)).rejects.toThrow(/has no t10k-labels-idx1-ubyte and no/);
    await expect(loadIdx(join(folder, 'none'))).rejects.toThrow(/cannot read .*ENOENT/);
  });

  const real = new URL('../../../../shared/data/mnist', import.meta.url).pathname;
  it.skipIf(!existsSync(real))(
    'reads the real files (skipped where ../shared is absent)',
    async () => {
      const { train, test } = await loadMnist(real);
      expect([train.length, test.length, train.shape]).toEqual([60000, 10000, [1, 28, 28]]);
      expect(Array.from(train.labels.subarray(0, 5))).toEqual([5, 0, 4, 1, 9]);
    },
  );
});
