import * as nn from '@dl/nn';
import * as tensor from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import * as zoo from '../src/index';

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/cnn-zoo': zoo, '@dl/nn': nn, '@dl/tensor': tensor },
});
