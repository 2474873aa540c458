import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, ones } from '@dl/tensor';
import { wrongTypes } from '@dl/testing/wrong-types';
import { expect, it } from 'vitest';
import * as decode from '../src/images/decode';
import * as main from '../src/index';
import * as node from '../src/node/index';
import { signatures, types } from '../src/signatures';

const dataset = () => new main.TensorDataset(ones([4, 2]), ones([4]));
const images = () => ({ data: new Float32Array(192), shape: [1, 3, 8, 8] });

/** Calls that work. */
const valid = {
  ArrayDataset: () => [{ inputs: new Uint8Array(4), shape: [2], labels: new Uint8Array(2) }],
  AugmentedDataset: () => [dataset(), []],
  DataLoader: () => [dataset()],
  ListDataset: () => [[1, 2, 3]],
  StreamLoader: () => [() => [1, 2, 3]],
  Subset: () => [dataset(), [0, 1]],
  TensorDataset: () => [ones([4, 2]), ones([4])],
  WeightedSampler: () => [[1, 2]],
  'ArrayDataset.batch': () => [[0]],
  'ListDataset.batch': () => [[0]],
  'Subset.batch': () => [[0]],
  'TensorDataset.batch': () => [[0]],
  'WeightedSampler.order': () => [new Generator(0)],
  'DataLoader.loadStateDict': () => [{ epoch: 0, batch: 0 }],
  'StreamLoader.loadStateDict': () => [{ epoch: 0, batch: 0 }],
  checkPair: () => [
    {
      images: { shape: [1, 1, 1], data: new Uint8Array(1) },
      labels: { shape: [1], data: new Uint8Array(1) },
    },
    { images: 'a', labels: 'b' },
  ],
  collate: () => [[1, 2]],
  fromImages: () => [images()],
  kFold: () => [dataset(), 2],
  randomSplit: () => [dataset(), [2, 2]],
  readConll: () => ['a b', { columns: ['x', 'y'] }],
  readJsonLines: () => ['1'],
  shuffle: () => [3, new Generator(0)],
  syntheticDigits: () => [{ train: 1, test: 1 }],
  take: () => [dataset(), 2],
};

it('answers arguments of wrong types with typed errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-wrong-types-'));
  const here = process.cwd();
  // What is written under a name like 'foo' lands there.
  process.chdir(folder);
  try {
    const report = await wrongTypes({ ...main, ...node, ...decode }, signatures, types, {
      valid,
      // These two ask the network.
      skip: ['download', 'loadNamed'],
      slow: ['syntheticDigits'],
    });
    expect(report.calls).toBeGreaterThan(900);
    expect(report.raw).toEqual([]);
    expect(report.accepted).toEqual([]);
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  }
}, 120_000);
