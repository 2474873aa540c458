/** Tensors as text, the way PyTorch prints them. */

import { takes } from '../signatures';
import { describe } from './errors';
import type { Tensor } from './tensor';

const PRECISION = 4;
/** More elements than this are cut to the first and last few of each axis. */
const THRESHOLD = 1000;
const EDGE = 3;
const LINE = 80;

/** Digits of a number rounded half to even, as C's printf does; JavaScript rounds halves up. */
function digits(value: number, style: 'fixed' | 'exponent', precision: number): string {
  const format = (places: number) =>
    style === 'fixed' ? value.toFixed(places) : value.toExponential(places);
  const rounded = format(precision);
  const [mantissa, power = ''] = format(100).split('e');
  const point = mantissa.indexOf('.');
  const rest = mantissa.slice(point + 1 + precision);
  if (!/^50*$/.test(rest)) return rounded;
  const kept = mantissa.slice(0, precision === 0 ? point : point + 1 + precision);
  const even = Number(kept.at(-1)) % 2 === 0;
  return even ? kept + (power && `e${power}`) : rounded;
}

function fixed(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return (Object.is(value, -0) ? '-' : '') + digits(value, 'fixed', precision);
}

function scientific(value: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  const [mantissa, power] = digits(value, 'exponent', PRECISION).split('e');
  const size = power.slice(1).padStart(2, '0');
  return `${Object.is(value, -0) ? '-' : ''}${mantissa}e${power[0]}${size}`;
}

/** How all numbers of a tensor are shown, and the width they are aligned to (NaN and infinities may exceed it). */
interface Formatter {
  readonly width: number;
  readonly show: (value: number) => string;
}

/** One format for all numbers: whole numbers, a fixed number of decimals, or powers of ten where sizes differ much. */
function floatFormatter(values: readonly number[]): Formatter {
  const counted = values.filter((value) => Number.isFinite(value) && value !== 0);
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of counted) {
    low = Math.min(low, Math.abs(value));
    high = Math.max(high, Math.abs(value));
  }
  const whole = counted.every(Number.isInteger);
  const wide = counted.length > 0 && (high / low > 1000 || high > 1e8 || (!whole && low < 1e-4));
  const format = wide
    ? scientific
    : whole
      ? (value: number) => fixed(value, 0) + (Number.isFinite(value) ? '.' : '')
      : (value: number) => fixed(value, PRECISION);
  const width = Math.max(1, ...counted.map((value) => format(value).length));
  return { width, show: (value) => format(value).padStart(width) };
}

function integerFormatter(values: readonly number[], isBool: boolean): Formatter {
  const format = isBool ? (value: number) => (value ? 'True' : 'False') : String;
  const width = Math.max(1, ...values.map((value) => format(value).length));
  return { width, show: (value) => format(value).padStart(width) };
}

/** Positions on an axis that are shown; −1 stands for the dots. */
function shown(size: number, summarize: boolean): number[] {
  const all = Array.from({ length: size }, (_, i) => i);
  if (!summarize || size <= 2 * EDGE) return all;
  return [...all.slice(0, EDGE), -1, ...all.slice(-EDGE)];
}

/** What printing one tensor needs at every depth. */
interface Page {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly summarize: boolean;
  readonly format: Formatter;
}

function render(page: Page, axis: number, start: number, indent: number): string {
  const { shape, data, summarize, format } = page;
  if (axis === shape.length) return format.show(data[start]);
  const places = shown(shape[axis], summarize);
  let block = 1;
  for (let i = axis + 1; i < shape.length; i++) block *= shape[i];
  if (axis < shape.length - 1) {
    const parts = places.map((i) =>
      i < 0 ? '...' : render(page, axis + 1, start + i * block, indent + 1),
    );
    return `[${parts.join(`,${'\n'.repeat(shape.length - axis - 1)}${' '.repeat(indent + 1)}`)}]`;
  }
  const parts = places.map((i) => (i < 0 ? ' ...' : format.show(data[start + i])));
  const perLine = Math.max(1, Math.floor((LINE - indent) / (format.width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < parts.length; i += perLine)
    lines.push(parts.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
}

/** The flat positions of all elements that are shown. */
function shownElements({ shape, data, summarize }: Omit<Page, 'format'>): number[] {
  const visit = (axis: number, at: number): number[] =>
    axis === shape.length
      ? [data[at]]
      : shown(shape[axis], summarize)
          .filter((i) => i >= 0)
          .flatMap((i) => visit(axis + 1, at * shape[axis] + i));
  return visit(0, 0);
}

function body(x: Tensor, indent: number): string {
  const page = { shape: x.shape, data: x.readSync('toString'), summarize: x.size > THRESHOLD };
  const values = shownElements(page);
  const isFloat = x.dtype === 'float32' || x.dtype === 'float64';
  const format = isFloat ? floatFormatter(values) : integerFormatter(values, x.dtype === 'bool');
  return render({ ...page, format }, 0, 0, indent);
}

/** What comes behind the elements: shape of an empty tensor, device, dtype, and what autograd adds. */
function suffixes(x: Tensor): string[] {
  const list: string[] = [];
  if (x.device !== 'cpu') list.push(`device='${x.device}'`);
  if (x.size === 0 && x.ndim !== 1) list.push(`size=(${x.shape.join(', ')})`);
  const isDefault = x.dtype === 'float32' || (x.dtype === 'bool' && x.size > 0);
  if (!isDefault) list.push(`dtype=${x.dtype}`);
  for (let guest = x.guest; guest; guest = guest.next) {
    const suffix = guest.describe?.(x);
    if (suffix) list.push(suffix);
  }
  return list;
}

/**
 * The tensor as text, laid out as PyTorch 1.13 does: four decimals, powers of ten where sizes differ by more than 1000, and the
 * first and last three of each axis of tensors with more than 1000 elements. Released and lost tensors show no elements.
 *
 * @throws UsageError where the device can only be read by waiting for it: print `await x.data()`.
 * @example String(tensor([[1, 2.5]])) // 'tensor([[1.0000, 2.5000]])'
 */
export function format(x: Tensor): string {
  takes('format', arguments);
  const gone = x.isReleased ? 'released' : x.storage.ledger.loss ? 'lost' : null;
  if (gone) return `tensor(${gone} ${describe(x)})`;
  const prefix = 'tensor(';
  const indent = prefix.length;
  let text = prefix + (x.size === 0 ? '[]' : body(x, indent));
  let width = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes(x)) {
    const breaks = width + suffix.length + 2 > LINE;
    text += breaks ? `,\n${' '.repeat(indent)}${suffix}` : `, ${suffix}`;
    width = breaks ? indent + suffix.length : width + suffix.length + 2;
  }
  return `${text})`;
}

/** As `format`, for tools that show objects and must not fail: tensors that cannot be read at once show no elements. */
export function inspect(x: Tensor): string {
  if (x.isReleased || x.storage.backend.readSync) return format(x);
  return `tensor(${describe(x)} on ${x.device}, shown by \`await x.data()\`)`;
}
