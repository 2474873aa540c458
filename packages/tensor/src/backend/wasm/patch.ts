/** Bytes told as changes of other bytes; scripts/patch.mjs writes them. */

/**
 * The bytes that a patch makes of `base`. A patch is a series of steps: how many new bytes follow, these bytes, how many bytes of the base come
 * next, and how far from the end of the last copy they begin (2n forwards, 2n − 1 backwards); numbers in groups of seven bits, lowest first.
 */
export function applyPatch(base: Uint8Array, patch: Uint8Array): Uint8Array {
  const result: number[] = [];
  let at = 0;
  let from = 0;
  const read = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = patch[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < patch.length) {
    for (let count = read(); count > 0; count--) result.push(patch[at++]);
    const count = read();
    const distance = read();
    from += distance & 1 ? -(distance + 1) / 2 : distance / 2;
    for (const end = from + count; from < end; from++) result.push(base[from]);
  }
  return Uint8Array.from(result);
}
