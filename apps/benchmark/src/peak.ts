/** What one core can do: multiply-add of 128-bit vectors that stay in registers. */

import { setFlagsFromString } from 'node:v8';

/** A hand-assembled module: `run(n)` does n rounds of twelve independent multiply-adds of four floats. */
function moduleBytes(relaxed: boolean): Uint8Array {
  const lanes = 12;
  const uleb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...uleb(n >> 7)]);
  const section = (id: number, body: number[]) => [id, ...uleb(body.length), ...body];
  const v128 = 0x7b;
  const splat = (value: number) => [
    0x43,
    ...new Uint8Array(Float32Array.of(value).buffer),
    0xfd,
    0x13,
  ];
  // Locals: 0 is n, 1 … 12 accumulators, 13 and 14 the factors.
  const [x, y] = [lanes + 1, lanes + 2];
  const madd = relaxed ? [0xfd, ...uleb(0x105)] : [0xfd, ...uleb(0xe4)];
  const round = Array.from({ length: lanes }, (_, i) => {
    const accumulator = i + 1;
    return relaxed
      ? [0x20, accumulator, 0x20, x, 0x20, y, ...madd, 0x21, accumulator]
      : [0x20, accumulator, 0x20, x, 0xfd, ...uleb(0xe6), 0x20, y, ...madd, 0x21, accumulator];
  }).flat();
  const total = Array.from({ length: lanes }, (_, i) => [0x20, i + 1]).flat();
  const adds = Array.from({ length: lanes - 1 }, () => [0xfd, ...uleb(0xe4)]).flat();
  const code = [
    ...splat(0.999),
    0x21,
    x,
    ...splat(0.001),
    0x21,
    y,
    ...[0x03, 0x40],
    ...round,
    // n ← n − 1, again unless 0.
    ...[0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
    ...total,
    ...adds,
    ...[0xfd, 0x1f, 0],
    0x0b,
  ];
  const body = [1, ...uleb(lanes + 2), v128, ...code];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]),
    ...section(10, [1, ...uleb(body.length), ...body]),
  ]);
}

interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { run(n: number): number } };
  validate(bytes: Uint8Array): boolean;
}

/** GFLOP/s of one core: the best of several rounds. */
export function measurePeak(): number {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: Engine };
  // Node 20 has relaxed SIMD behind a flag.
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  const relaxed = WebAssembly.validate(moduleBytes(true));
  const module = new WebAssembly.Module(moduleBytes(relaxed));
  const { run } = new WebAssembly.Instance(module).exports;
  const rounds = 3_000_000;
  let best = Infinity;
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    run(rounds);
    best = Math.min(best, performance.now() - start);
  }
  return (rounds * 12 * 8) / best / 1e6;
}
