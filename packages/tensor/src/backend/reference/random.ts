/**
 * Random numbers; every backend follows these formulas. Word w of the stream is word w mod 4 of Philox block
 * offset + ⌊w / 4⌋.
 *
 * - uniform float32: element i is ⌊word i / 2⁸⌋ · 2⁻²⁴;
 * - uniform float64: element i is (⌊word 2i / 2⁵⌋ · 2²⁶ + ⌊word (2i + 1) / 2⁶⌋) · 2⁻⁵³;
 * - normal: with u = (word 2j + ½) · 2⁻³² and v = (word (2j + 1) + ½) · 2⁻³², element 2j is √(−2 ln u) · cos 2πv and
 *   element 2j + 1 is √(−2 ln u) · sin 2πv (Box & Muller 1958), computed in double and rounded to the dtype.
 */

import type { TypedArray } from '../../core/dtype';
import { philox, unitFromWords } from '../../core/generator';
import type { Kernel } from '../../ops/table';
import { elements } from './walk';

const uniform: Kernel<'uniform'> = (_, { seed, offset }, [out]) => {
  const target = elements(out);
  const size = out.size;
  const words = new Uint32Array(4);
  const perBlock = out.dtype === 'float64' ? 2 : 4;
  for (let i = 0, block = offset; i < size; block++) {
    philox(seed, block, words);
    for (let k = 0; k < perBlock && i < size; k++) {
      target[i++] = perBlock === 2 ? unitFromWords(words, 2 * k) : (words[k] >>> 8) * 2 ** -24;
    }
  }
};

/** Fills `target` from pairs of words; with an odd length one word stays over. */
export function boxMuller(words: ArrayLike<number>, target: TypedArray): void {
  for (let i = 0; i < target.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((words[i] + 0.5) * 2 ** -32));
    const angle = 2 * Math.PI * ((words[i + 1] + 0.5) * 2 ** -32);
    target[i] = radius * Math.cos(angle);
    // Beyond the end nothing is stored.
    target[i + 1] = radius * Math.sin(angle);
  }
}

const normal: Kernel<'normal'> = (_, { seed, offset }, [out]) => {
  const target = elements(out);
  const words = new Uint32Array(4);
  for (let i = 0; i < out.size; i += 4) {
    philox(seed, offset + i / 4, words);
    boxMuller(words, target.subarray(i, Math.min(i + 4, out.size)));
  }
};

/** Kernels of random numbers, by name. */
export const randomKernels: { uniform: Kernel<'uniform'>; normal: Kernel<'normal'> } = {
  uniform,
  normal,
};
