// Bytes as changes of other bytes: most of the kernels for plain SIMD are those for relaxed SIMD. src/backend/wasm/module/patch.ts reads it.

/** Shorter copies are not worth their place. */
const LEAST = 6;

/** The steps that make `target` of `base`, see `applyPatch`. */
export function makePatch(base, target) {
  const keyAt = (bytes, i) => bytes.toString('latin1', i, i + LEAST);
  const places = new Map();
  for (let i = 0; i + LEAST <= base.length; i++) {
    const key = keyAt(base, i);
    const list = places.get(key);
    if (!list) places.set(key, [i]);
    else if (list.length < 64) list.push(i);
  }
  const patch = [];
  const write = (value) => {
    for (; value > 127; value >>>= 7) patch.push((value & 127) | 128);
    patch.push(value);
  };
  write(target.length);
  write(target.reduce((sum, byte) => (Math.imul(sum, 31) + byte) & 0xfffffff, 0));
  let fresh = 0;
  let expected = 0;
  let i = 0;
  const step = (from, length) => {
    write(i - fresh);
    patch.push(...target.subarray(fresh, i));
    write(length);
    const distance = from - expected;
    write(distance < 0 ? -2 * distance - 1 : 2 * distance);
    expected = from + length;
  };
  while (i < target.length) {
    const { from, length } = longest(base, target, i, [
      ...(places.get(keyAt(target, i)) ?? []),
      ...goingOn(expected, i - fresh),
    ]);
    // Going on near where the last copy ended costs less than going elsewhere.
    if (length < (Math.abs(from - expected) < 64 ? LEAST - 2 : LEAST)) i++;
    else {
      step(from, length);
      i += length;
      fresh = i;
    }
  }
  if (fresh < i) step(expected, 0);
  return Buffer.from(patch);
}

/** Places near where the last copy would have gone on. */
function goingOn(expected, fresh) {
  return Array.from({ length: 33 }, (_, k) => expected + fresh + k - 16).filter((at) => at >= 0);
}

function longest(base, target, i, candidates) {
  let best = { from: 0, length: 0 };
  for (const from of candidates) {
    let length = 0;
    while (
      i + length < target.length &&
      from + length < base.length &&
      target[i + length] === base[from + length]
    )
      length++;
    if (length > best.length) best = { from, length };
  }
  return best;
}
