/** Floating-point numbers of 8 and 16 bits, decoded exactly into float32 (every one of their values is a float32). */

/** How the largest exponent of a small float is read. */
type Specials = 'ieee' | 'finite' | 'unsigned-zero';

interface SmallFloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly specials: Specials;
}

/** Section 2 of arXiv:2209.05433 (E5M2 as IEEE, E4M3 without infinities), arXiv:2206.02915 for the FNUZ forms. */
const FORMATS = {
  float16: { exponentBits: 5, mantissaBits: 10, bias: 15, specials: 'ieee' },
  float8_e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, specials: 'ieee' },
  float8_e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, specials: 'finite' },
  float8_e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, specials: 'unsigned-zero' },
  float8_e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, specials: 'unsigned-zero' },
} as const satisfies Record<string, SmallFloat>;

/** The small floats that are decoded through a table. */
export type TabledFloat = keyof typeof FORMATS | 'float8_e8m0';

const tables = new Map<TabledFloat, Float32Array>();

/** The value of every bit pattern of `type`, made when it is first asked for. */
export function floatTable(type: TabledFloat): Float32Array {
  let table = tables.get(type);
  if (!table) {
    table = type === 'float8_e8m0' ? scaleTable() : buildTable(FORMATS[type]);
    tables.set(type, table);
  }
  return table;
}

function buildTable(format: SmallFloat): Float32Array {
  const magnitudes = 2 ** (format.exponentBits + format.mantissaBits);
  const table = new Float32Array(2 * magnitudes);
  for (let bits = 0; bits < magnitudes; bits++) {
    const value = magnitude(bits, format);
    table[bits] = value;
    table[bits + magnitudes] = -value;
  }
  if (format.specials === 'unsigned-zero') table[magnitudes] = Number.NaN;
  return table;
}

function magnitude(
  bits: number,
  { exponentBits, mantissaBits, bias, specials }: SmallFloat,
): number {
  const steps = 2 ** mantissaBits;
  const exponent = Math.floor(bits / steps);
  const mantissa = bits % steps;
  if (exponent === 2 ** exponentBits - 1) {
    if (specials === 'ieee') return mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    if (specials === 'finite' && mantissa === steps - 1) return Number.NaN;
  }
  if (exponent === 0) return (mantissa / steps) * 2 ** (1 - bias);
  return (1 + mantissa / steps) * 2 ** (exponent - bias);
}

/** E8M0 of the OCP microscaling formats: 2^(bits − 127), 255 is NaN. */
function scaleTable(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, bits) =>
    bits === 255 ? Number.NaN : 2 ** (bits - 127),
  );
}

/** bfloat16 is the upper half of a float32. */
export function fromBfloat16(halves: Uint16Array, out: Float32Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
}
