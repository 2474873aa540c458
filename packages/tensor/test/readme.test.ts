import { testExamples } from '@dl/testing/readme';
import * as tensorPackage from '../src/index';

testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/tensor': tensorPackage },
});
