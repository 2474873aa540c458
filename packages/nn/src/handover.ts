/**
 * Memory that passes from layer to layer: whoever calls a layer may say that it needs the input no more, and the layer may write
 * its result there.
 */

import { isGradEnabled } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { isLocal } from '@dl/tensor';
import { takes } from './signatures';

let offered: Tensor | null = null;
let received: Tensor | null = null;

/**
 * Lets the module whose `forward` is called next with x write its result into the memory of x. Takes effect for tensors that belong to the
 * running memory scope (or were handed over to the running module), have their memory for themselves, and where no gradients are recorded.
 *
 * @returns x. @example y = block.forward(handOver(y));
 */
export function handOver(x: Tensor): Tensor {
  takes('handOver', arguments);
  const own = isLocal(x) || (received === x && !x.storage.isShared);
  offered = own && !isGradEnabled() ? x : null;
  return x;
}

/** Whether the module that runs may write into the memory of its input x, see `handOver`. */
export function mayOverwrite(x: Tensor): boolean {
  takes('mayOverwrite', arguments);
  return received === x && !x.storage.isShared && !isGradEnabled();
}

/** Frees the input x of the module that runs, where it may; for modules that hold others and need x no more after the first. */
export function spend(x: Tensor): void {
  if (mayOverwrite(x)) x.dispose();
}

/** Runs a `forward`: what has been offered is for it alone, not for modules within; for nobody where not `willing`. @internal */
export function receive<T>(forward: () => T, willing: boolean): T {
  const before = received;
  received = willing ? offered : null;
  offered = null;
  try {
    return forward();
  } finally {
    received = before;
    offered = null;
  }
}
