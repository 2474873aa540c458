/** Figures as people read them. */

import { ValueError } from '@dl/tensor';
import type { Figures } from './evaluate';
import type { ConfusionMatrix } from './metrics/confusion';
import { takes } from './signatures';

/** Names of figures that are shares of one. */
const SHARES = /^(accuracy|f1|precision|recall|top\d+)$/;

/** A figure by its name: shares as per cent with two decimals, others with four significant digits. */
export function formatFigure(name: string, value: number): string {
  takes('formatFigure', arguments);
  if (SHARES.test(name)) return `${(value * 100).toFixed(2)} %`;
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

/** `loss 0.1234 · accuracy 96.10 %`. */
export function formatFigures(figures: Figures): string {
  takes('formatFigures', arguments);
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${formatFigure(name, value)}`)
    .join(' · ');
}

/** Seconds as `0:07`, `12:34` or `1:02:03`. */
export function formatTime(seconds: number): string {
  takes('formatTime', arguments);
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Samples a second as `87`, `1,234`. */
export function formatRate(rate: number): string {
  takes('formatRate', arguments);
  return Number.isFinite(rate) ? Math.round(rate).toLocaleString('en-US') : '–';
}

/**
 * A confusion matrix as a table for the terminal: a row for each true class, a column for each predicted one, and the share
 * of the class that was found. Zeros are dots.
 *
 * @param classNames - names of the classes; default their ids.
 */
export function formatConfusion(matrix: ConfusionMatrix, classNames?: readonly string[]): string {
  takes('formatConfusion', arguments);
  const names = classNames ?? matrix.counts.map((_, i) => String(i));
  if (names.length !== matrix.counts.length) {
    throw new ValueError('formatConfusion', 'there is not one name for each class', {
      args: { names: names.length, classes: matrix.counts.length },
    });
  }
  const cells = matrix.counts.map((row) => row.map((n) => (n === 0 ? '·' : String(n))));
  const width = Math.max(...cells.flat().map((s) => s.length), ...names.map((s) => s.length)) + 1;
  const label = Math.max('true'.length, ...names.map((s) => s.length));
  const line = (head: string, row: readonly string[], tail: string) =>
    `${head.padStart(label)} │${row.map((s) => s.padStart(width)).join('')} │ ${tail.padStart(8)}`;
  const scores = matrix.perClass();
  return [
    line('true', names, 'found'),
    `${'─'.repeat(label + 1)}┼${'─'.repeat(width * names.length + 1)}┼${'─'.repeat(9)}`,
    ...cells.map((row, i) => line(names[i], row, formatFigure('recall', scores[i].recall))),
  ].join('\n');
}
