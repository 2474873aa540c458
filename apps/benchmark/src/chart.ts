/** The chart of a run: how many times as long as the first contestant the others took. */

import type { Spec } from 'vega';
import type { Results } from './results';
import { isTiming } from './results';

/** The chart, for vega. */
export function chartOf(results: Results): Spec {
  const [first, ...others] = Object.keys(results.versions);
  const values = results.rows.flatMap(({ name, outcomes }) => {
    const own = outcomes[first];
    if (!isTiming(own)) return [];
    return others.flatMap((other) => {
      const outcome = outcomes[other];
      return isTiming(outcome)
        ? [{ name, contestant: other, ratio: outcome.median / own.median }]
        : [];
    });
  });
  return {
    width: 640,
    height: 22 * new Set(values.map(({ name }) => name)).size + 20,
    padding: 8,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: [{ name: 'ratios', values }],
    scales: [
      {
        name: 'x',
        type: 'log',
        range: 'width',
        domain: { data: 'ratios', field: 'ratio' },
        nice: true,
      },
      {
        name: 'y',
        type: 'point',
        range: 'height',
        padding: 0.5,
        domain: { data: 'ratios', field: 'name' },
      },
      { name: 'colour', type: 'ordinal', range: 'category', domain: others },
    ],
    axes: [
      {
        scale: 'x',
        orient: 'top',
        grid: true,
        title: `times as long as ${first} (to the right: ${first} is faster)`,
      },
      { scale: 'y', orient: 'left', grid: true },
    ],
    legends: [{ fill: 'colour', orient: 'bottom', direction: 'horizontal' }],
    marks: [
      {
        type: 'symbol',
        from: { data: 'ratios' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'ratio' },
            y: { scale: 'y', field: 'name' },
            fill: { scale: 'colour', field: 'contestant' },
            size: { value: 80 },
          },
        },
      },
      {
        type: 'rule',
        encode: {
          enter: {
            x: { scale: 'x', value: 1 },
            y: { value: 0 },
            y2: { signal: 'height' },
            stroke: { value: '#444' },
          },
        },
      },
    ],
  };
}
