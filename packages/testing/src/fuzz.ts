/** Damaged files for readers: the same ones for the same seed, with what each of them cost. */

/** A reader, files that it takes, and what it may cost. */
export interface Target {
  readonly name: string;
  /** Files that are read without complaint. */
  readonly files: readonly Uint8Array[];
  /** Files made to be expensive; they are read as they are, too. */
  readonly attacks?: Readonly<Record<string, () => Uint8Array>>;
  read(file: Uint8Array): unknown;
  /** Whether an error is one that the reader promises. */
  typed(error: unknown): boolean;
  /** The most bytes of typed arrays that a file of so many bytes may make it take. */
  allowed(length: number): number;
}

/** What a target did. */
export interface Report {
  readonly name: string;
  cases: number;
  read: number;
  refused: number;
  /** Errors that were not promised, by message, with the number of the first case. */
  readonly untyped: Map<string, number>;
  /** Cases that took more than is allowed. */
  readonly greedy: number[];
  /** Of one case, in milliseconds of this process's own time. */
  worstTime: number;
  /** Of one case, in bytes of typed arrays. */
  worstBytes: number;
}

/** Whole numbers below `n`, the same for a seed (mulberry32). */
export function dice(seed: number): (n: number) => number {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

type Roll = ReturnType<typeof dice>;
type Change = (file: Uint8Array, roll: Roll, other: Uint8Array) => Uint8Array;

const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

/** A part of the file, at most 256 bytes of it or all from a place on. */
function part(file: Uint8Array, roll: Roll): [from: number, to: number] {
  const from = roll(file.length + 1);
  return [from, roll(4) === 0 ? file.length : Math.min(file.length, from + roll(256))];
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

const CHANGES: readonly Change[] = [
  // A bit.
  (file, roll) => {
    const copy = file.slice();
    copy[roll(file.length)] ^= 1 << roll(8);
    return copy;
  },
  // A number as large or as small as it can be, in either byte order.
  (file, roll) => {
    const copy = file.slice();
    const width = [1, 2, 4, 8][roll(4)];
    const at = roll(Math.max(1, file.length - width));
    const value = EXTREMES[roll(EXTREMES.length)];
    const little = roll(2) === 0;
    for (let i = 0; i < width && at + i < copy.length; i++) {
      const byte = little ? i : width - 1 - i;
      copy[at + i] = byte < 4 ? value >>> (8 * byte) : roll(8) === 0 ? 0xff : 0;
    }
    return copy;
  },
  // The file breaks off.
  (file, roll) => file.slice(0, roll(file.length + 1)),
  // A part is missing, is there again, many times, inside itself, or is of another file.
  (file, roll) => {
    const [from, to] = part(file, roll);
    return join(file.subarray(0, from), file.subarray(to));
  },
  (file, roll) => {
    const [from, to] = part(file, roll);
    return join(file.subarray(0, to), file.subarray(from));
  },
  (file, roll) => {
    const [from, to] = part(file, roll);
    const times = 1 + roll(2 ** roll(12));
    if ((to - from) * times > 2 ** 20) return file;
    const copies = Array.from({ length: times }, () => file.subarray(from, to));
    return join(file.subarray(0, from), ...copies, file.subarray(to));
  },
  (file, roll) => {
    const [from, to] = part(file, roll);
    const middle = from + roll(to - from + 1);
    return join(file.subarray(0, middle), file.subarray(from, to), file.subarray(middle));
  },
  (file, roll, other) => {
    const [from, to] = part(other, roll);
    const at = roll(file.length + 1);
    return join(file.subarray(0, at), other.subarray(from, to), file.subarray(at));
  },
  // A digit in text becomes another character that means something there.
  (file, roll) => {
    const copy = file.slice();
    const digits = [...copy.keys()].filter((i) => copy[i] >= 0x30 && copy[i] <= 0x39);
    if (digits.length === 0) return copy;
    copy[digits[roll(digits.length)]] = '0123456789[]{},":-e.\n'.charCodeAt(roll(21));
    return copy;
  },
];

/** A damaged copy of one of the files. */
export function damaged(files: readonly Uint8Array[], roll: Roll): Uint8Array {
  let file = files[roll(files.length)];
  for (let changes = 1 + roll(4); changes > 0 && file.length > 0; changes--) {
    file = CHANGES[roll(CHANGES.length)](file, roll, files[roll(files.length)]);
  }
  return file;
}

const ARRAYS = [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'ArrayBuffer',
] as const;

/** Runs `act` and counts the bytes of the typed arrays that it makes, those of views not. */
export async function countingBytes(act: () => unknown): Promise<number> {
  let bytes = 0;
  const scope = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  const own = ARRAYS.map((name) => [name, scope[name]] as const);
  for (const [name, original] of own) {
    scope[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(
          target,
          args,
          newTarget === scope[name] ? target : newTarget,
        ) as ArrayBufferView;
        if (!(args[0] instanceof ArrayBuffer)) bytes += made.byteLength;
        return made;
      },
    });
  }
  try {
    await act();
  } finally {
    for (const [name, original] of own) scope[name] = original;
  }
  return bytes;
}

/** Reads the target's attacks, and `cases` damaged files. Cases are numbered from `seed`, so that each can be made again alone. */
export async function fuzz(target: Target, cases: number, seed = 1): Promise<Report> {
  const report: Report = {
    name: target.name,
    cases: 0,
    read: 0,
    refused: 0,
    untyped: new Map(),
    greedy: [],
    worstTime: 0,
    worstBytes: 0,
  };
  for (const make of Object.values(target.attacks ?? {})) await readOne(target, make(), report, 0);
  for (let i = seed; i < seed + cases; i++) {
    await readOne(target, damaged(target.files, dice(i)), report, i);
  }
  return report;
}

async function readOne(target: Target, file: Uint8Array, report: Report, number: number) {
  const begin = process.cpuUsage();
  const bytes = await countingBytes(async () => {
    try {
      await target.read(file);
      report.read++;
    } catch (error) {
      if (target.typed(error)) report.refused++;
      else {
        const text = String(error).slice(0, 200);
        if (!report.untyped.has(text)) report.untyped.set(text, number);
      }
    }
  });
  const { user, system } = process.cpuUsage(begin);
  report.cases++;
  report.worstTime = Math.max(report.worstTime, (user + system) / 1000);
  report.worstBytes = Math.max(report.worstBytes, bytes);
  if (bytes > target.allowed(file.length)) report.greedy.push(number);
}

/** A report in one line. */
export function line({ name, cases, read, refused, untyped, worstTime, worstBytes }: Report) {
  const count = untyped.size;
  const megabytes = (worstBytes / 1e6).toFixed(1);
  return `${name}: ${cases} files, ${read} read, ${refused} refused, ${count} kinds of untyped errors, worst ${worstTime.toFixed(0)} ms, ${megabytes} MB`;
}
