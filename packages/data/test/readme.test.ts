import * as fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tensor from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import * as data from '../src/index';
import * as node from '../src/node/index';

let folder: string;

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/data': data, '@dl/data/node': node, '@dl/tensor': tensor, 'node:fs': fs },
  paths: () => ({ 'houses.csv': join(folder, 'houses.csv') }),
  before: () => {
    folder = mkdtempSync(join(tmpdir(), 'dl-data-'));
  },
  after: () => rmSync(folder, { recursive: true }),
});
