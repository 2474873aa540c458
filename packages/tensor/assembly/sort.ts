/**
 * Sorting of lines along the middle axis of a block [outer, size, inner]. Numbers become unsigned keys in their order, with −0 like 0 and
 * all NaN as the largest; keys are distributed by bytes, the lowest first, which keeps equal ones in order.
 */

import { F32, F64 } from './scan';

/** Lines up to so many elements are sorted by insertion. */
const SHORT: i32 = 32;

// @ts-ignore: decorator
@inline
function keyOf<K>(kind: i32, at: usize): K {
  if (kind == F64) {
    const x = f64.load(at);
    if (x != x) return <K>u64.MAX_VALUE;
    const bits = reinterpret<u64>(x + 0.0);
    return <K>(bits >> 63 ? ~bits : bits | (1 << 63));
  }
  if (kind == F32) {
    const x = f32.load(at);
    if (x != x) return <K>u32.MAX_VALUE;
    const bits = reinterpret<u32>(x + <f32>0);
    return <K>(bits >> 31 ? ~bits : bits | (1 << 31));
  }
  return kind == 2 ? <K>(i32.load(at) ^ i32.MIN_VALUE) : <K>load<u8>(at);
}

function insertion<K>(keys: usize, ids: usize, size: i32): void {
  for (let i: i32 = 1; i < size; i++) {
    const key = load<K>(keys + <usize>i * sizeof<K>());
    const id = i32.load(ids + ((<usize>i) << 2));
    let j = i - 1;
    for (; j >= 0 && load<K>(keys + <usize>j * sizeof<K>()) > key; j--) {
      store<K>(keys + <usize>(j + 1) * sizeof<K>(), load<K>(keys + <usize>j * sizeof<K>()));
      i32.store(ids + ((<usize>(j + 1)) << 2), i32.load(ids + ((<usize>j) << 2)));
    }
    store<K>(keys + <usize>(j + 1) * sizeof<K>(), key);
    i32.store(ids + ((<usize>(j + 1)) << 2), id);
  }
}

/** Selections of up to so many elements insert each that is better than the last one chosen. */
const FEW: i32 = 32;

/** Puts the `count` least keys of a line and their ids first, in order; those of the first `count` elements are there already. */
// @ts-ignore: decorator
@inline
function select<K>(kind: i32, descending: bool, keys: usize, ids: usize, from: usize, step: usize, size: i32, count: i32): void {
  insertion<K>(keys, ids, count);
  const last = keys + <usize>(count - 1) * sizeof<K>();
  for (let i = count; i < size; i++) {
    const found = keyOf<K>(kind, from + <usize>i * step);
    const key = descending ? ~found : found;
    if (key >= load<K>(last)) continue;
    let j = count - 1;
    for (; j > 0 && load<K>(keys + <usize>(j - 1) * sizeof<K>()) > key; j--) {
      store<K>(keys + <usize>j * sizeof<K>(), load<K>(keys + <usize>(j - 1) * sizeof<K>()));
      i32.store(ids + ((<usize>j) << 2), i32.load(ids + ((<usize>(j - 1)) << 2)));
    }
    store<K>(keys + <usize>j * sizeof<K>(), key);
    i32.store(ids + ((<usize>j) << 2), i);
  }
}

/** Sorts ids by their keys; there is scratch memory for both twice, then for counts. Returns where the sorted ids are. */
function distribute<K>(keys: usize, ids: usize, size: i32): usize {
  const keyBytes = <usize>size * sizeof<K>();
  const idBytes = (<usize>size) << 2;
  const counts = ids + 2 * idBytes;
  let otherKeys = keys + keyBytes;
  let otherIds = ids + idBytes;
  memory.fill(counts, 0, sizeof<K>() << 10);
  for (let i: i32 = 0; i < size; i++) {
    let key = load<K>(keys + <usize>i * sizeof<K>());
    for (let b: usize = 0; b < sizeof<K>(); b++) {
      const at = counts + (b << 10) + ((<usize>(key & 255)) << 2);
      i32.store(at, i32.load(at) + 1);
      key >>= 8;
    }
  }
  for (let b: usize = 0; b < sizeof<K>(); b++) {
    const table = counts + (b << 10);
    const shift = <K>(b << 3);
    // A byte that all keys share changes nothing.
    if (i32.load(table + ((<usize>((load<K>(keys) >> shift) & 255)) << 2)) == size) continue;
    let sum: i32 = 0;
    for (let k: usize = 0; k < 1024; k += 4) {
      const count = i32.load(table + k);
      i32.store(table + k, sum);
      sum += count;
    }
    for (let i: i32 = 0; i < size; i++) {
      const key = load<K>(keys + <usize>i * sizeof<K>());
      const at = table + ((<usize>((key >> shift) & 255)) << 2);
      const to = <usize>i32.load(at);
      i32.store(at, <i32>to + 1);
      store<K>(otherKeys + to * sizeof<K>(), key);
      i32.store(otherIds + (to << 2), i32.load(ids + ((<usize>i) << 2)));
    }
    const k = keys, d = ids;
    keys = otherKeys;
    ids = otherIds;
    otherKeys = k;
    otherIds = d;
  }
  return ids;
}

// @ts-ignore: decorator
@inline
function sortOf<K, T>(
  kind: i32, descending: bool, x: usize, values: usize, at: usize, first: i32, end: i32, size: i32, count: i32, inner: i32,
  scratch: usize,
): void {
  const step = <usize>inner * sizeof<T>();
  const ids = scratch + 2 * <usize>size * sizeof<K>();
  for (let n = first; n < end; n++) {
    const from = x + (<usize>(n / inner) * size * inner + n % inner) * sizeof<T>();
    const begin = <usize>(n / inner) * count * inner + n % inner;
    const selects = count <= FEW && count < size;
    const keyed = selects ? count : size;
    for (let i: i32 = 0; i < keyed; i++) {
      const key = keyOf<K>(kind, from + <usize>i * step);
      store<K>(scratch + <usize>i * sizeof<K>(), descending ? ~key : key);
      i32.store(ids + ((<usize>i) << 2), i);
    }
    let sorted = ids;
    if (selects) select<K>(kind, descending, scratch, ids, from, step, size, count);
    else if (size <= SHORT) insertion<K>(scratch, ids, size);
    else sorted = distribute<K>(scratch, ids, size);
    let to = values + begin * sizeof<T>();
    let place = at + (begin << 2);
    for (let i: i32 = 0; i < count; i++) {
      const id = i32.load(sorted + ((<usize>i) << 2));
      store<T>(to, load<T>(from + <usize>id * step));
      i32.store(place, id);
      to += step;
      place += (<usize>inner) << 2;
    }
  }
}

/** Sorts lines `first` to `end` of x; the first `count` elements of each go into `values`, and where they came from into `at`. Kinds as in scan.ts, then int32 and bytes. */
export function sort(
  kind: i32, descending: bool, x: usize, values: usize, at: usize, first: i32, end: i32, size: i32, count: i32, inner: i32,
  scratch: usize,
): void {
  if (kind == F32) sortOf<u32, u32>(F32, descending, x, values, at, first, end, size, count, inner, scratch);
  else if (kind == F64) sortOf<u64, u64>(F64, descending, x, values, at, first, end, size, count, inner, scratch);
  else if (kind == 2) sortOf<u32, u32>(2, descending, x, values, at, first, end, size, count, inner, scratch);
  else sortOf<u32, u8>(3, descending, x, values, at, first, end, size, count, inner, scratch);
}
