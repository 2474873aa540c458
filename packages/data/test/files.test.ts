import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError, readConll, readJsonLines } from '../src/index';
import {
  listImageFolder,
  loadCifar10,
  readImage,
  readTable,
  readText,
  streamLines,
  streamTable,
  tableNumbers,
} from '../src/node/index';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-data-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const shared = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

describe('tables', () => {
  it('are read with quotes, line ends of all kinds, and a mark at the beginning', async () => {
    const text = '\ufeffname,value\r\n"Smith, J.",1.5\r\n"say ""no""\nnow",-2\r\n\r\n';
    for (const content of [text, gzipSync(text)]) {
      const rows = await readTable<'name' | 'value'>(write('a.csv', content));
      expect(rows).toEqual([
        { name: 'Smith, J.', value: '1.5' },
        { name: 'say "no"\nnow', value: '-2' },
      ]);
      expect([...tableNumbers(rows, ['value'])]).toEqual([1.5, -2]);
      expect(() => tableNumbers(rows, ['name'])).toThrow(/row 0 has no number in column name/);
    }
  });

  it('take quotes in tab-separated files for what they are', async () => {
    const path = write('b.tsv', 'a "quoted word\t1\nanother"\t0\n');
    const rows = await readTable(path, { columns: ['text', 'label'] });
    expect(rows).toEqual([
      { text: 'a "quoted word', label: '1' },
      { text: 'another"', label: '0' },
    ]);
  });

  it('are refused with the line where rows differ or quotes do not close', async () => {
    await expect(readTable(write('c.csv', 'a,b\n1,2\n3\n'))).rejects.toThrow(/line 3/);
    await expect(readTable(write('d.csv', 'a,b\n"1,2\n'))).rejects.toThrow(DataError);
    await expect(readTable(join(folder, 'none.csv'))).rejects.toThrow(/ENOENT/);
    const broken = gzipSync('a,b\n1,2\n'.repeat(500)).subarray(0, 40);
    await expect(readTable(write('e.csv.gz', broken))).rejects.toThrow(DataError);
  });

  it('are read no further than somebody asks', async () => {
    const path = write('long.csv', `a\n${'1\n'.repeat(200_000)}`);
    let rows = 0;
    for await (const _ of streamTable(path)) if (++rows === 3) break;
    expect(rows).toBe(3);
  });

  it('of SST-2 have the counts of the data set', async (context) => {
    const path = join(shared, 'sentiment/dev.tsv');
    if (!existsSync(path)) return context.skip('../shared is absent');
    const rows = await readTable(path, { columns: ['sentence', 'label'] });
    expect(rows.length).toBe(872);
    expect(tableNumbers(rows, ['label']).reduce((a, b) => a + b)).toBe(444);
  });
});

describe('lines', () => {
  it('are read from plain and packed files', async () => {
    const text = 'one\r\ntwo\n\nfour ä';
    for (const content of [text, gzipSync(text)]) {
      const path = write('lines.txt', content);
      expect(await gather(streamLines(path))).toEqual(['one', 'two', '', 'four ä']);
      expect(await readText(path)).toBe(text);
    }
    expect(await gather(streamLines(write('empty.txt', '')))).toEqual([]);
  });

  it('say what is wrong with the file', async () => {
    await expect(gather(streamLines(join(folder, 'none')))).rejects.toThrow(/ENOENT/);
    const broken = gzipSync('a line\n'.repeat(1000)).subarray(0, 50);
    await expect(gather(streamLines(write('broken.gz', broken)))).rejects.toThrow(DataError);
    await expect(readText(write('latin', Uint8Array.of(0xe4)))).rejects.toThrow(/not UTF-8/);
  });

  it('are joined where they are longer than what is read at once, and refused beyond the limit', async () => {
    const long = 'ä'.repeat(100_000);
    const path = write('long.txt', `a\n${long}\r\nb`);
    expect(await gather(streamLines(path))).toEqual(['a', long, 'b']);
    await expect(gather(streamLines(path, { maxLine: 99_999 }))).rejects.toThrow(/line 2/);
    const table = write('long.csv', `a,b\n1,${long}\n`);
    await expect(readTable(table, { maxRow: 1000 })).rejects.toThrow(/too long a row/);
    expect((await readTable(table))[0].b).toBe(long);
    const quoted = write('quoted.csv', `a\n"${'x\n'.repeat(1000)}"\n`);
    await expect(readTable(quoted, { maxRow: 1000 })).rejects.toThrow(/too long a row/);
  });

  it('and tables do not unpack to more than they may', async () => {
    const path = write('much.csv.gz', gzipSync('1,2\n'.repeat(1000)));
    for (const read of [readTable, readText]) {
      await expect(read(path, { maxBytes: 3999 })).rejects.toThrow(/more than 3999 bytes/);
      expect((await read(path, { maxBytes: 4000 })).length).toBeGreaterThan(998);
    }
  });

  it('of JSON are values, with the line of what is none', () => {
    expect([...readJsonLines('{"a":1}\n\n[2]\n')]).toEqual([{ a: 1 }, [2]]);
    expect(() => [...readJsonLines('1\n{a}', 'x.jsonl')]).toThrow(/x\.jsonl is not JSON in line 2/);
  });
});

describe('CoNLL columns', () => {
  const columns = ['token', 'ner'] as const;

  it('are sentences', () => {
    const text = '# id\nEU B-ORG\nrejects O\n\n\nPeter\tB-PER\n';
    expect([...readConll(text, { columns, comment: '#' })]).toEqual([
      { token: ['EU', 'rejects'], ner: ['B-ORG', 'O'] },
      { token: ['Peter'], ner: ['B-PER'] },
    ]);
    expect([...readConll('', { columns })]).toEqual([]);
    expect(() => [...readConll('a b\nc', { columns })]).toThrow(/1 columns in line 2/);
  });

  it('of CoNLL-2003 have the counts of the task', async (context) => {
    const path = join(shared, 'ner/valid.txt.gz');
    if (!existsSync(path)) return context.skip('../shared is absent');
    const names = ['token', 'pos', 'chunk', 'ner'] as const;
    const sentences = [...readConll(await readText(path), { columns: names })];
    expect(sentences.length).toBe(3250);
    expect(sentences.reduce((sum, { ner }) => sum + ner.length, 0)).toBe(51_362);
    const begins = sentences.flatMap(({ ner }) => ner.filter((tag) => tag.startsWith('B-')));
    expect(begins.length).toBe(5942);
  });
});

describe('CIFAR', () => {
  const record = (label: number) => {
    const bytes = new Uint8Array(3073).fill(label);
    bytes[0] = label;
    return bytes;
  };

  it('is read from its binary files', async () => {
    write('data_batch_1.bin', Buffer.concat([record(1), record(2)]));
    write('data_batch_2.bin', gzipSync(record(3)));
    write('test_batch.bin', record(9));
    write('batches.meta.txt', 'plane\ncar\n\n');
    const { train, test } = await loadCifar10(folder, { normalize: false });
    expect([...train.labels, ...test.labels]).toEqual([1, 2, 3, 9]);
    expect(train.classNames).toEqual(['plane', 'car']);
    const [x, y] = train.batch([2]);
    expect([x.shape, y.toArray()]).toEqual([[1, 3, 32, 32], [3]]);
    expect(x.dataSync()[3071]).toBeCloseTo(3 / 255, 6);
    const normal = await loadCifar10(folder);
    expect(normal.train.batch([0])[0].dataSync()[1024]).toBeCloseTo((1 / 255 - 0.4822) / 0.2435, 5);
  });

  it('is refused where it is not whole', async () => {
    write('test_batch.bin', record(9).subarray(1));
    await expect(loadCifar10(folder)).rejects.toThrow(/whole records/);
    write('test_batch.bin', record(10));
    await expect(loadCifar10(folder)).rejects.toThrow(/label 10/);
    await expect(loadCifar10(join(folder, 'none'))).rejects.toThrow(/no folder/);
  });

  it('of ../shared has the pixels of the data set', async (context) => {
    const path = join(shared, 'cifar10');
    if (!existsSync(path)) return context.skip('../shared is absent');
    const { train, test } = await loadCifar10(path);
    expect([train.length, test.length, train.classNames?.[9]]).toEqual([4000, 1000, 'truck']);
  });
});

describe('folders of pictures', () => {
  it('are classes', async () => {
    const { mkdirSync, copyFileSync } = await import('node:fs');
    const source = fileURLToPath(new URL('fixtures/rgb.png', import.meta.url));
    for (const name of ['roses', 'lilies'])
      mkdirSync(join(folder, 'flowers', name), { recursive: true });
    copyFileSync(source, join(folder, 'flowers/roses/a.png'));
    copyFileSync(source, join(folder, 'flowers/lilies/b.PNG'));
    const { classNames, files } = await listImageFolder(join(folder, 'flowers'));
    expect(classNames).toEqual(['lilies', 'roses']);
    expect(files.map(({ label }) => label)).toEqual([0, 1]);
    expect((await readImage(files[0].path)).width).toBe(19);
    await expect(listImageFolder(join(folder, 'flowers/roses'))).rejects.toThrow(/no folders with/);
    await expect(readImage(write('no.png', 'text'))).rejects.toThrow(/no\.png is neither/);
  });
});
