/** Comparisons of float32 into bytes, bytes into float32, and choices by bytes. */

type Test = i32;
const EQ: Test = 0;
const NE: Test = 1;
const LT: Test = 2;
const LE: Test = 3;
const GT: Test = 4;
const GE: Test = 5;

// @ts-ignore: decorator
@inline
function test(t: Test, a: f32, b: f32): bool {
  if (t == EQ) return a == b;
  if (t == NE) return a != b;
  if (t == LT) return a < b;
  if (t == LE) return a <= b;
  if (t == GT) return a > b;
  return a >= b;
}

// @ts-ignore: decorator
@inline
function loop(t: Test, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aBytes = (<usize>aStep) << 2;
  const bBytes = (<usize>bStep) << 2;
  for (let i: i32 = 0; i < n; i++) {
    store<u8>(y + i, <u8>test(t, f32.load(a), f32.load(b)));
    a += aBytes;
    b += bBytes;
  }
}

export function eq(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(EQ, a, aStep, b, bStep, y, n); }
export function ne(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(NE, a, aStep, b, bStep, y, n); }
export function lt(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(LT, a, aStep, b, bStep, y, n); }
export function le(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(LE, a, aStep, b, bStep, y, n); }
export function gt(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(GT, a, aStep, b, bStep, y, n); }
export function ge(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(GE, a, aStep, b, bStep, y, n); }

/** y = x for bytes x. */
export function bytesToFloats(x: usize, y: usize, n: i32): void {
  for (let i: i32 = 0; i < n; i++) {
    f32.store(y, <f32>load<u8>(x + i));
    y += 4;
  }
}

/** y = c ≠ 0 ? a : b. */
export function where(c: usize, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aBytes = (<usize>aStep) << 2;
  const bBytes = (<usize>bStep) << 2;
  for (let i: i32 = 0; i < n; i++) {
    f32.store(y, load<u8>(c + i) ? f32.load(a) : f32.load(b));
    a += aBytes;
    b += bBytes;
    y += 4;
  }
}
