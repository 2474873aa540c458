/** Derivatives of gathering, scattering and sorting: linear in the values, nothing in the indices. */

import type { Tensor } from '@dl/tensor';
import { gather, indexAdd, indexSelect, scatter, scatterAdd, zeros } from '@dl/tensor';
import { declarations, run } from '@dl/tensor/internal';
import type { Direction, Rule, Rules } from './rule';
import { linear } from './rule';

function zerosFor(g: Tensor, shape: readonly number[]): Tensor {
  return zeros(shape, { dtype: g.dtype, device: g.device });
}

/** The part of a gradient that an index as large as `index` names in a source that may be larger. */
function toSource(picked: Tensor, source: Tensor): Tensor {
  const low = picked.shape.map(() => 0);
  const bounds = source.shape.map((n, i) => n - picked.shape[i]);
  return bounds.every((n) => n === 0) ? picked : padEnd(picked, low, bounds);
}

function padEnd(x: Tensor, low: readonly number[], high: readonly number[]): Tensor {
  return run(declarations.pad, [x], { low, high, interior: low, value: 0 })[0];
}

const sortRule: Rule<'sort'> = {
  saves: 'outputs',
  vjp([g], { inputs: [x], outputs: [, indices], attributes: { axis } }): Direction[] {
    if (!g) return [];
    if (g.ndim === 0) return [g];
    return [scatter(zerosFor(g, x.shape), axis, indices, g)];
  },
  jvp([t], { outputs: [, indices], attributes: { axis } }): Direction[] {
    if (!t) return [];
    return [t.ndim === 0 ? t : gather(t, axis, indices), undefined];
  },
};

/** Rules of indexing and sorting. */
export const indexingRules = {
  gather: linear('gather', 'indices', (g, { inputs: [x, index], attributes: { axis } }) => [
    x.ndim === 0 ? g.reshape([]) : scatterAdd(zerosFor(g, x.shape), axis, index, g),
  ]),
  scatter: linear(
    'scatter',
    'indices',
    (g, { inputs: [, index, source], attributes: { axis } }) => [
      scatter(g, axis, index, zerosFor(g, index.shape)),
      undefined,
      toSource(gather(g, axis, index), source),
    ],
  ),
  scatterAdd: linear(
    'scatterAdd',
    'indices',
    (g, { inputs: [, index, source], attributes: { axis } }) => [
      g,
      undefined,
      toSource(gather(g, axis, index), source),
    ],
  ),
  indexSelect: linear(
    'indexSelect',
    'indices',
    (g, { inputs: [x, index], attributes: { axis } }) => [
      indexAdd(zerosFor(g, x.shape), axis, index, g),
    ],
  ),
  indexAdd: linear('indexAdd', 'indices', (g, { inputs: [, index], attributes: { axis } }) => [
    g,
    undefined,
    indexSelect(g, axis, index),
  ]),
  sort: sortRule,
} satisfies { [K in keyof Rules]?: Rules[K] };
