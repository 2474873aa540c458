import '@dl/autograd';
import * as nn from '@dl/nn';
import * as tensorPackage from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import * as optim from '../src/index';

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/nn': nn, '@dl/optim': optim, '@dl/tensor': tensorPackage },
});
