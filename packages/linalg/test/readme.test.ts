import * as autograd from '@dl/autograd';
import * as tensorPackage from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import * as linalg from '../src/index';

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/linalg': linalg, '@dl/autograd': autograd, '@dl/tensor': tensorPackage },
});
