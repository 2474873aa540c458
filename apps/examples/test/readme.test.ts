import * as data from '@dl/data';
import * as nn from '@dl/nn';
import * as optim from '@dl/optim';
import * as tensor from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import * as train from '@dl/train';

testExamples(new URL('../../../README.md', import.meta.url), {
  packages: {
    '@dl/data': data,
    '@dl/nn': nn,
    '@dl/optim': optim,
    '@dl/tensor': tensor,
    '@dl/train': train,
  },
});
