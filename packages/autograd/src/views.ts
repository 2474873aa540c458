/** What a change in place of a part means for the whole, and the other way round: rules of the graph, not of operations. */

import type { Layout, OpName, Tensor } from '@dl/tensor';
import {
  gather,
  isContiguous,
  reshape,
  scatter,
  scatterAdd,
  tensor,
  zeros,
  zerosLike,
} from '@dl/tensor';
import { forEachPosition } from '@dl/tensor/backend';
import type { Direction, Rule } from './rules/rule';

type CustomRule = Rule<OpName>;

function rule(vjp: (g: Tensor) => readonly Direction[]): CustomRule {
  return {
    saves: 'nothing',
    vjp: ([g]) => (g ? vjp(g) : []),
    // Forward mode refuses changes in place before it gets here.
    jvp: () => [],
  };
}

function layoutOf({ shape, strides, offset }: Layout): Layout {
  return { shape, strides, offset };
}

/** Where the elements of a part are among those of the whole, in row-major order. */
function places(part: Layout, whole: Layout, storageLength: number, like: Tensor): Tensor {
  const numbers = new Int32Array(storageLength);
  const dense = isContiguous(whole);
  if (!dense) {
    forEachPosition(whole, (position, i) => {
      numbers[position] = i;
    });
  }
  const found: number[] = [];
  forEachPosition(part, (position) => {
    found.push(dense ? position - whole.offset : numbers[position]);
  });
  return tensor(Int32Array.from(found), { device: like.device });
}

/** The rule of a view of `whole` that was made before `whole` changed. */
export function viewRule(part: Tensor, whole: Tensor): CustomRule {
  const [inner, outer, { length }] = [layoutOf(part), layoutOf(whole), whole.storage];
  return rule((g) => {
    const index = places(inner, outer, length, g);
    const size = outer.shape.reduce((n, m) => n * m, 1);
    const empty = zeros([size], { dtype: g.dtype, device: g.device });
    return [reshape(scatterAdd(empty, 0, index, reshape(g, [-1])), outer.shape)];
  });
}

/** The rule of `whole` after its `part` was replaced: gradients of the whole as it was, and of what took the place of the part. */
export function partRule(part: Tensor, whole: Tensor): CustomRule {
  const [inner, outer, { length }] = [layoutOf(part), layoutOf(whole), whole.storage];
  return rule((g) => {
    const index = places(inner, outer, length, g);
    const flat = reshape(g, [-1]);
    return [
      reshape(scatter(flat, 0, index, 0), outer.shape),
      reshape(gather(flat, 0, index), inner.shape),
    ];
  });
}

/** The rule of what does not depend on what was there before. */
export const forgetting: CustomRule = rule((g) => [zerosLike(g)]);
