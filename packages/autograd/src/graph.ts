/** The computation graph of a tensor, as text and as a picture. */

import type { Tensor } from '@dl/tensor';
import { UsageError } from '@dl/tensor';
import { NOTHING, reachableNodes } from './backward';
import type { GraphGuest, Node } from './node';
import { graphGuest } from './node';
import { takes } from './signatures';

/** Names for leaves in texts and pictures; others are called `leaf 1`, `leaf 2`, … */
export interface GraphOptions {
  /** For instance `{ weight: w, bias: b }`, or a Map from `namedParameters()`. */
  readonly names?: Readonly<Record<string, Tensor>>;
}

interface Vertex {
  readonly id: string;
  readonly label: string;
  readonly kind: 'leaf' | 'constant' | 'operation';
  readonly inputs: string[];
}

function describe(x: Tensor): string {
  return `${x.dtype}[${x.shape.join(', ')}]`;
}

/** Vertices in the order in which they were computed: leaves before what uses them. */
function vertices(root: Tensor, { names = {} }: GraphOptions): Vertex[] {
  const named = new Map(Object.entries(names).map(([name, x]) => [graphGuest(x) ?? x, name]));
  const result: Vertex[] = [];
  const ids = new Map<object, string>();
  const nodes = reachableNodes([root], NOTHING).reverse();
  const numbers = new Map<Node, string>(nodes.map((node, i) => [node, `n${i + 1}`]));
  let leaves = 0;
  let constants = 0;
  const endpoint = (x: Tensor, guest: GraphGuest | null): string => {
    const key = guest ?? x;
    const known = ids.get(key);
    if (known) return known;
    const kind = guest ? 'leaf' : 'constant';
    const id = guest ? `leaf${++leaves}` : `c${++constants}`;
    const name = named.get(key) ?? (guest ? `leaf ${leaves}` : 'constant');
    ids.set(key, id);
    result.push({ id, label: `${name} ${describe(x)}`, kind, inputs: [] });
    return id;
  };
  const source = (x: Tensor, guest: GraphGuest | null): string =>
    (guest?.node && numbers.get(guest.node)) ?? endpoint(x, guest);
  for (const node of nodes) {
    const inputs = node.inputs.flatMap((x, i) => (x ? [source(x, node.sources[i])] : []));
    const label = `${node.op.name} → ${node.outputs.map(describe).join(', ')}`;
    result.push({ id: numbers.get(node) as string, label, kind: 'operation', inputs });
  }
  if (nodes.length === 0) endpoint(root, graphGuest(root));
  return result;
}

/**
 * The graph behind a tensor as text, one operation a line, in the order of computation.
 *
 * @param x - a result of recorded operations. @param options - names of leaves.
 * @example console.log(graphText(loss, { names: { w } }));
 */
export function graphText(x: Tensor, options: GraphOptions = {}): string {
  takes('graphText', arguments);
  return vertices(x, options)
    .map(
      ({ id, label, inputs }) =>
        `${id} = ${label}${inputs.length > 0 ? `   (${inputs.join(', ')})` : ''}`,
    )
    .join('\n');
}

const STYLE = {
  leaf: 'shape=box, style="rounded,filled", fillcolor="#d9ead3"',
  constant: 'shape=box, style="rounded,filled", fillcolor="#eeeeee"',
  operation: 'shape=ellipse, style=filled, fillcolor="#dae8fc"',
};

/**
 * The graph behind a tensor in the DOT language of Graphviz; values flow upwards.
 *
 * @param x - a result of recorded operations. @param options - names of leaves.
 */
export function graphDot(x: Tensor, options: GraphOptions = {}): string {
  takes('graphDot', arguments);
  const all = vertices(x, options);
  const nodes = all.map(
    ({ id, label, kind }) => `  ${id} [label=${JSON.stringify(label)}, ${STYLE[kind]}];`,
  );
  const edges = all.flatMap(({ id, inputs }) => inputs.map((input) => `  ${input} -> ${id};`));
  return [
    'digraph graph_ {',
    '  rankdir=BT;',
    '  node [fontname="sans-serif"];',
    ...nodes,
    ...edges,
    '}',
  ].join('\n');
}

/**
 * The graph behind a tensor as an SVG picture, drawn by Graphviz (the package `@viz-js/viz`, an optional peer, loaded when
 * this is first called).
 *
 * @param x - a result of recorded operations. @param options - names of leaves.
 * @throws UsageError where `@viz-js/viz` is not installed.
 */
export async function graphSvg(x: Tensor, options: GraphOptions = {}): Promise<string> {
  takes('graphSvg', arguments);
  const dot = graphDot(x, options);
  const viz = await import('@viz-js/viz').catch(() => {
    throw new UsageError('graphSvg', 'the package @viz-js/viz is not installed', {
      hint: 'npm install @viz-js/viz, or draw graphDot(x) with Graphviz',
    });
  });
  return (await viz.instance()).renderString(dot, { format: 'svg' });
}
