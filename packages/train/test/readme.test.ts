import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as data from '@dl/data';
import * as nn from '@dl/nn';
import * as optim from '@dl/optim';
import * as tensorPackage from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import { expect } from 'vitest';
import * as train from '../src/index';
import * as node from '../src/node/index';

let folder: string;

testExamples(new URL('../README.md', import.meta.url), {
  packages: {
    '@dl/data': data,
    '@dl/nn': nn,
    '@dl/optim': optim,
    '@dl/tensor': tensorPackage,
    '@dl/train': train,
    '@dl/train/node': node,
  },
  paths: () => ({
    run: join(folder, 'run'),
    saved: join(folder, 'saved'),
    'run/metrics.jsonl': join(folder, 'run/metrics.jsonl'),
    'run/report.html': join(folder, 'run/report.html'),
  }),
  before: () => {
    folder = mkdtempSync(join(tmpdir(), 'dl-train-'));
    tensorPackage.manualSeed(0);
  },
  after: (example) => {
    expect(existsSync(join(folder, 'run', 'report.html'))).toBe(example.includes('writeReport'));
    rmSync(folder, { recursive: true });
  },
});
