/**
 * What tensors say of gradients in a program that has not loaded @dl/autograd, whose types may be there all the same: TypeScript
 * drops an import of types alone. @dl/autograd replaces all of it.
 */

import { UsageError } from './errors';
import { Tensor } from './tensor';

function missing(op: string): never {
  throw new UsageError(
    op,
    'gradients are computed by @dl/autograd, which this program has not loaded',
    {
      hint: "write import '@dl/autograd' once (require('@dl/autograd') in CommonJS); an import of types or of unused names alone is dropped by TypeScript and bundlers",
    },
  );
}

const method = (op: string) => ({ configurable: true, writable: true, value: () => missing(op) });

Object.defineProperties(Tensor.prototype, {
  requiresGrad: {
    configurable: true,
    get: () => false,
    set(on: boolean) {
      if (on) missing('requiresGrad');
    },
  },
  grad: {
    configurable: true,
    get: () => null,
    set(gradient: Tensor | null) {
      if (gradient) missing('grad');
    },
  },
  isLeaf: { configurable: true, get: () => true },
  backward: method('backward'),
  retainGrad: method('retainGrad'),
  registerHook: method('registerHook'),
});
