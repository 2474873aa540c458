/** Bytes told as changes of other bytes; scripts/patch.mjs writes them. */

import { ValueError } from '../../../core/errors';

/** A refusal; kernels and patch are built together, so there is one hint for all. */
function refuse(problem: string): never {
  throw new ValueError('applyPatch', problem, { hint: 'build both again: npm run kernels' });
}

/** A checksum of 28 bits. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) & 0xfffffff;
  return sum;
}

/**
 * The bytes that a patch makes of `base`. A patch begins with the length of the result and its checksum, and goes on with steps: how many new
 * bytes follow, these bytes, how many bytes of the base come next, and how far from the end of the last copy they begin (2n forwards, 2n − 1
 * backwards); numbers in groups of seven bits, lowest first.
 *
 * @throws ValueError if the patch is damaged, ends too early, or is for another base.
 */
export function applyPatch(base: Uint8Array, patch: Uint8Array): Uint8Array {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at === patch.length) refuse('the patch ends within a step');
      const byte = patch[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return refuse('the patch holds a number that is too large');
  };
  const length = read();
  const sum = read();
  const result: number[] = [];
  let from = 0;
  while (at < patch.length) {
    const fresh = read();
    if (at + fresh > patch.length) refuse('the patch ends within a step');
    for (const end = at + fresh; at < end; at++) result.push(patch[at]);
    const count = read();
    const distance = read();
    from += distance & 1 ? -(distance + 1) / 2 : distance / 2;
    if (from < 0 || from + count > base.length)
      refuse(`the patch copies bytes ${from} to ${from + count} of ${base.length}`);
    if (result.length + count > length) refuse(`the patch tells more than its ${length} bytes`);
    for (const end = from + count; from < end; from++) result.push(base[from]);
  }
  if (result.length !== length) refuse(`the patch tells ${result.length} of its ${length} bytes`);
  if (checksum(result) !== sum) refuse('the patch is damaged, or for another base');
  return Uint8Array.from(result);
}
