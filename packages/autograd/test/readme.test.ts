import * as tensorPackage from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import * as autograd from '../src/index';

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/autograd': autograd, '@dl/tensor': tensorPackage },
});
