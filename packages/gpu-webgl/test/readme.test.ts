import '@dl/autograd';
import * as nn from '@dl/nn';
import * as optim from '@dl/optim';
import * as tensor from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import { vi } from 'vitest';
import * as webgl from '../src/index';

// In Node the example goes on with the fallback.
vi.spyOn(console, 'warn').mockImplementation(() => {});
testExamples(new URL('../README.md', import.meta.url), {
  packages: { '@dl/gpu-webgl': webgl, '@dl/nn': nn, '@dl/optim': optim, '@dl/tensor': tensor },
});
