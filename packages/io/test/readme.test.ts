import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tensorPackage from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import { afterAll } from 'vitest';
import * as io from '../src/index';
import * as node from '../src/node/index';

const folder = mkdtempSync(join(tmpdir(), 'dl-io-'));
afterAll(() => rmSync(folder, { recursive: true }));

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/tensor': tensorPackage, '@dl/io': io, '@dl/io/node': node },
  paths: () => ({ 'model.safetensors': join(folder, 'model.safetensors') }),
});
