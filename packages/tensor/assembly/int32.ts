/** Elementwise functions and comparisons of int32 in one piece; results wrap around. */

/** In the order of INT32 in src/backend/wasm/int32.ts; the last six give bytes. */
type Binary = i32;
const ADD: Binary = 0;
const SUB: Binary = 1;
const MUL: Binary = 2;
const MAXIMUM: Binary = 3;
const MINIMUM: Binary = 4;
const EQ: Binary = 5;
const NE: Binary = 6;
const LT: Binary = 7;
const LE: Binary = 8;
const GT: Binary = 9;
const GE: Binary = 10;

// @ts-ignore: decorator
@inline
function apply(f: Binary, a: v128, b: v128): v128 {
  if (f == ADD) return i32x4.add(a, b);
  if (f == SUB) return i32x4.sub(a, b);
  if (f == MUL) return i32x4.mul(a, b);
  if (f == MAXIMUM) return i32x4.max_s(a, b);
  if (f == MINIMUM) return i32x4.min_s(a, b);
  if (f == EQ) return i32x4.eq(a, b);
  if (f == NE) return i32x4.ne(a, b);
  if (f == LT) return i32x4.lt_s(a, b);
  if (f == LE) return i32x4.le_s(a, b);
  if (f == GT) return i32x4.gt_s(a, b);
  return i32x4.ge_s(a, b);
}

/** Steps are 1, or 0 for an operand that repeats one number. */
// @ts-ignore: decorator
@inline
function loop(f: Binary, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aOne = v128.load32_splat(a), bOne = v128.load32_splat(b);
  const isTest = f >= EQ;
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    const value = apply(f, aStep ? v128.load(a) : aOne, bStep ? v128.load(b) : bOne);
    if (isTest) {
      const words = i16x8.narrow_i32x4_s(value, value);
      v128.store32_lane(y, v128.and(i8x16.narrow_i16x8_s(words, words), i8x16.splat(1)), 0);
      y += 4;
    } else {
      v128.store(y, value);
      y += 16;
    }
    a += <usize>aStep << 4;
    b += <usize>bStep << 4;
  }
  for (; i < n; i++) {
    const value = i32x4.extract_lane(apply(f, v128.load32_splat(a), v128.load32_splat(b)), 0);
    if (isTest) store<u8>(y++, <u8>(value & 1));
    else {
      i32.store(y, value);
      y += 4;
    }
    a += <usize>aStep << 2;
    b += <usize>bStep << 2;
  }
}

/** y = f(a, b); steps are 0 or 1. */
export function binaryInt32(f: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  switch (f) {
    case ADD: loop(ADD, a, aStep, b, bStep, y, n); break;
    case SUB: loop(SUB, a, aStep, b, bStep, y, n); break;
    case MUL: loop(MUL, a, aStep, b, bStep, y, n); break;
    case MAXIMUM: loop(MAXIMUM, a, aStep, b, bStep, y, n); break;
    case MINIMUM: loop(MINIMUM, a, aStep, b, bStep, y, n); break;
    case EQ: loop(EQ, a, aStep, b, bStep, y, n); break;
    case NE: loop(NE, a, aStep, b, bStep, y, n); break;
    case LT: loop(LT, a, aStep, b, bStep, y, n); break;
    case LE: loop(LE, a, aStep, b, bStep, y, n); break;
    case GT: loop(GT, a, aStep, b, bStep, y, n); break;
    default: loop(GE, a, aStep, b, bStep, y, n);
  }
}

/** y[r] = how many bytes of row r are 1; bytes are 0 or 1. */
export function countRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    let sum = i32x4.splat(0);
    let i: i32 = 0;
    for (; i + 16 <= columns; i += 16) {
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v128.load(x))));
      x += 16;
    }
    let count = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
    for (; i < columns; i++) count += load<u8>(x++);
    i32.store(y, count);
    y += 4;
  }
}
