/** What this package adds to the Tensor class. Loading it installs these members; that is its one side effect. */

import {
  DTypeError,
  isFloat,
  isTensor,
  onesLike,
  ShapeError,
  scope,
  Tensor,
  UsageError,
  ValueError,
} from '@dl/tensor';
import type { BackwardOptions } from './backward';
import { leafGuest, walk } from './backward';
import type { GradientHook } from './node';
import { forget, graphGuest } from './node';
import { currentGuest } from './record';

declare module '@dl/tensor' {
  interface Tensor {
    /**
     * Whether operations on this tensor are recorded, and `backward` reaches it. Can be set on leaves.
     *
     * @throws DTypeError when it is set on integers or bool.
     */
    requiresGrad: boolean;
    /** Sets `requiresGrad`. @param on - default true. @returns the tensor. @throws as the property. */
    requiresGrad_(on?: boolean): Tensor;
    /**
     * The gradient that `backward` added up here, in the shape of the tensor; null before. It is released with the tensor: `keep(x.grad)`,
     * or returning it from the scope, lets it live longer.
     */
    grad: Tensor | null;
    /** Whether no recorded operation made this tensor. */
    readonly isLeaf: boolean;
    /**
     * Adds the gradients of this tensor to `.grad` of every leaf that it depends on, and frees the graph.
     *
     * @param options - `retainGraph`, `createGraph`, and the `gradient` of this tensor, in its shape; default 1 for a tensor of one element.
     * @throws UsageError where nothing was recorded, or the graph was freed.
     * @throws ShapeError where the gradient has another shape, or is left out for a tensor of several elements.
     * @example loss.backward();
     * @example loss.backward({ retainGraph: true });
     */
    backward(options?: BackwardOptions & { readonly gradient?: Tensor | null }): void;
    /** As PyTorch has it, with the gradient of this tensor first. @example y.backward(onesLike(y), { retainGraph: true }); */
    backward(gradient: Tensor | null | undefined, options?: BackwardOptions): void;
    /** Makes `backward` leave its gradient on this tensor too, though it is not a leaf. @returns the tensor. */
    retainGrad(): Tensor;
    /**
     * Calls `hook` with the gradient of this tensor as soon as it is complete; a tensor it returns replaces the gradient.
     *
     * @returns a function that removes the hook.
     */
    registerHook(hook: GradientHook): () => void;
  }
}

/** Starts or stops recording operations on a leaf. */
function setRequiresGrad(x: Tensor, on: boolean): void {
  const guest = currentGuest(x);
  if (on === (guest !== null)) return;
  if (guest?.node) {
    throw new UsageError('requiresGrad', 'only a leaf can stop requiring a gradient', {
      args: { tensor: x },
      hint: 'use x.detach()',
    });
  }
  if (on) {
    if (!isFloat(x.dtype)) {
      throw new DTypeError('requiresGrad', 'only floating point tensors have gradients', {
        args: { tensor: x },
      });
    }
    leafGuest(x);
  } else forget(x);
}

type Arguments = BackwardOptions & { readonly gradient?: Tensor };

/** Both ways to call `backward`: with a gradient and options, or with options alone. */
function readArguments(first: unknown, options: BackwardOptions = {}): Arguments {
  if (first === undefined || first === null) return options;
  if (isTensor(first)) return { ...options, gradient: first };
  const { gradient, ...rest } = (
    typeof first === 'object' ? first : { gradient: first }
  ) as Arguments;
  if (gradient && !isTensor(gradient)) {
    throw new ValueError('backward', 'the gradient is not a tensor', {
      args: { gradient },
      hint: 'write backward(gradient, { retainGraph: true }) or backward({ gradient, retainGraph: true })',
    });
  }
  return gradient ? { ...rest, ...options, gradient } : { ...rest, ...options };
}

function backward(x: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  if (!currentGuest(x)) {
    throw new UsageError('backward', 'nothing was recorded for this tensor', {
      args: { tensor: x },
      hint: 'set requiresGrad on a tensor that it depends on, and compute it outside noGrad',
    });
  }
  if (!gradient && x.size !== 1) {
    throw new ShapeError('backward', 'only a tensor of one element has a gradient by default', {
      args: { tensor: x },
      hint: 'reduce it with sum() or mean(), or pass a gradient of its shape',
    });
  }
  if (gradient && gradient.shape.join() !== x.shape.join()) {
    throw new ShapeError('backward', 'the gradient must have the shape of the tensor', {
      args: { tensor: x, gradient },
    });
  }
  scope(() => walk({ roots: [x], seeds: [gradient ?? onesLike(x)], ...options }));
}

Object.defineProperties(Tensor.prototype, {
  requiresGrad: {
    configurable: true,
    get(this: Tensor): boolean {
      return currentGuest(this) !== null;
    },
    set(this: Tensor, on: boolean) {
      setRequiresGrad(this, on);
    },
  },
  requiresGrad_: {
    configurable: true,
    value(this: Tensor, on = true): Tensor {
      setRequiresGrad(this, on);
      return this;
    },
  },
  grad: {
    configurable: true,
    get(this: Tensor): Tensor | null {
      return graphGuest(this)?.grad ?? null;
    },
    set(this: Tensor, value: Tensor | null) {
      const guest = graphGuest(this);
      // What a scope or loop would release lives as long as this tensor from now on.
      if (value?.owner && value.owner !== this.owner) guest?.hold(value);
      else if (guest) guest.grad = value;
    },
  },
  isLeaf: {
    configurable: true,
    get(this: Tensor): boolean {
      return !currentGuest(this)?.node;
    },
  },
  backward: {
    configurable: true,
    value(this: Tensor, first?: unknown, options?: BackwardOptions) {
      const { gradient, ...rest } = readArguments(first, options);
      backward(this, gradient, rest);
    },
  },
  retainGrad: {
    configurable: true,
    value(this: Tensor): Tensor {
      leafGuest(this).retainsGrad = true;
      return this;
    },
  },
  registerHook: {
    configurable: true,
    value(this: Tensor, hook: GradientHook): () => void {
      const guest = leafGuest(this);
      guest.hooks = [...(guest.hooks ?? []), hook];
      return () => {
        guest.hooks = guest.hooks?.filter((other) => other !== hook) ?? null;
      };
    },
  },
});
