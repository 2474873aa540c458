/** In which arrangements of memory a call is tried. */

import type { Arrangement, OpCase } from '../cases';
import { elementsOf, MANY } from './plan';

/** How each input of a call is arranged, and the gradients of its outputs. */
export interface Variant {
  readonly inputs: readonly Arrangement[];
  readonly upstream: Arrangement;
}

/** Every arrangement of a shape; `owned`: those in which every element has a place of its own. */
export function arrangementsOf(shape: readonly number[], owned = false): Arrangement[] {
  const long = shape.flatMap((n, axis) => (n > 1 ? [axis] : []));
  if (long.length === 0) return ['dense', 'offset'];
  return [
    'dense',
    'offset',
    ...(long.length > 1 ? (['transposed'] as const) : []),
    ...(['flipped', 'stepped', 'spread'] as const),
    ...(owned ? [] : long.map((axis): Arrangement => `expanded${axis}`)),
    ...(owned || long.length < 2 ? [] : (['repeated'] as const)),
  ];
}

/** All inputs alike: repeated along the last axis, or everywhere, where they have more than one element. */
function alike(
  options: readonly (readonly Arrangement[])[],
  wanted: 'last' | 'all',
): Arrangement[] {
  return options.map((list) => {
    const expanded = list.filter((one) => one.startsWith('expanded'));
    if (expanded.length === 0) return 'dense';
    return wanted === 'all' && list.includes('repeated')
      ? 'repeated'
      : expanded[expanded.length - 1];
  });
}

function product(options: readonly (readonly Arrangement[])[]): Arrangement[][] {
  return options.reduce<Arrangement[][]>(
    (tuples, list) => tuples.flatMap((tuple) => list.map((one) => [...tuple, one])),
    [[]],
  );
}

/** One input after the other in each of its arrangements, the others dense. */
function oneByOne(options: readonly (readonly Arrangement[])[]): Arrangement[][] {
  return options.flatMap((list, at) =>
    list.map((one) => options.map((_, i): Arrangement => (i === at ? one : 'dense'))),
  );
}

/** What is known of a call when its arrangements are chosen. */
export interface Choice {
  readonly call: OpCase;
  /** Which inputs are changed in place. */
  readonly targets: readonly number[];
  /** The shape of the gradient of the first output. */
  readonly output: readonly number[];
  /** Whether all combinations are wanted. */
  readonly complete: boolean;
  /** Where to begin in the lists, so that calls of one operation differ. */
  readonly turn: number;
}

/** The arrangements to try: dense, repeated alike, and others in turn; or all of them. */
export function variantsOf({ call, targets, output, complete, turn }: Choice): Variant[] {
  const options = call.inputs.map((input, i): Arrangement[] =>
    input ? arrangementsOf(input.shape, targets.includes(i)) : ['dense'],
  );
  const upstreams = arrangementsOf(output);
  const [last] = alike([upstreams], 'last');
  const [all] = alike([upstreams], 'all');
  const pick = <T>(list: readonly T[], n: number): T => list[n % list.length];
  const mixed = options.map((list, i) => pick(list, turn + 3 * i));
  const chosen: Variant[] = [
    { inputs: options.map(() => 'dense'), upstream: 'dense' },
    { inputs: alike(options, 'last'), upstream: last },
    { inputs: mixed, upstream: pick(upstreams, turn) },
  ];
  const size = elementsOf(call);
  if (complete && size <= MANY) {
    const tuples = options.length > 2 ? oneByOne(options) : product(options);
    const some = tuples.flatMap((inputs) => upstreams.map((upstream) => ({ inputs, upstream })));
    chosen.push({ inputs: alike(options, 'all'), upstream: all }, ...some);
  } else if (size <= MANY) chosen.push({ inputs: alike(options, 'all'), upstream: all });
  return distinct(chosen);
}

/** Every combination of the inputs' arrangements for one call; the gradients' in turn. */
export function combinations({ call, targets, output }: Choice): Variant[] {
  const options = call.inputs.map((input, i): Arrangement[] =>
    input ? arrangementsOf(input.shape, targets.includes(i)) : ['dense'],
  );
  const upstreams = arrangementsOf(output);
  const tuples = options.length > 2 ? oneByOne(options) : product(options);
  return tuples.map((inputs, i) => ({ inputs, upstream: upstreams[i % upstreams.length] }));
}

function distinct(variants: readonly Variant[]): Variant[] {
  const seen = new Map(variants.map((one) => [`${one.inputs.join()} ${one.upstream}`, one]));
  return [...seen.values()];
}
