import { readdirSync } from 'node:fs';
import * as autograd from '@dl/autograd';
import * as zoo from '@dl/cnn-zoo';
import * as data from '@dl/data';
import * as webgl from '@dl/gpu-webgl';
import * as io from '@dl/io';
import * as nn from '@dl/nn';
import * as optim from '@dl/optim';
import * as tensor from '@dl/tensor';
import * as backend from '@dl/tensor/backend';
import { testExamples } from '@dl/testing/readme';
import * as train from '@dl/train';

const packages = {
  '@dl/autograd': autograd,
  '@dl/cnn-zoo': zoo,
  '@dl/data': data,
  '@dl/gpu-webgl': webgl,
  '@dl/io': io,
  '@dl/nn': nn,
  '@dl/optim': optim,
  '@dl/tensor': tensor,
  '@dl/tensor/backend': backend,
  '@dl/train': train,
};
const docs = new URL('../../../docs/', import.meta.url);
const guides = readdirSync(new URL('guide/', docs)).map((name) => `guide/${name}`);
for (const page of ['index.md', 'from-pytorch.md', 'zoo.md', '../CONTRIBUTING.md', ...guides]) {
  testExamples(new URL(page, docs), { packages });
}
