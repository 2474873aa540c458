/** What a run found, as a table, as a page, and against an earlier one. */

import { chartOf } from './chart';
import type { Machine, Outcome, Results } from './results';
import { isTiming } from './results';

/** The machine and what ran on it, as a sentence. */
export const formatMachine = ({ cpu, cores, node, browser, gpu }: Machine): string =>
  [cpu, `${cores} cores`, node && `Node ${node}`, browser, gpu].filter(Boolean).join(', ');

/** The share of the peak that a timing reaches, in percent, where there is one to speak of. */
const shareOf = (ms: number, flops: number | undefined, peak: number | undefined): string =>
  flops && peak ? `${Math.round((100 * flops) / ms / 1e6 / peak)} %` : '';

/** A time in milliseconds with three digits. */
export function formatTime(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3);
}

/** Lines with columns as wide as they need; the first column to the left, others to the right. */
export function layOut(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The cells of the table, head first, and the notes that they point to. */
export function cellsOf(results: Results): { lines: string[][]; notes: string[] } {
  const names = Object.keys(results.versions);
  const [first, ...others] = names;
  const peaks = results.peak !== undefined;
  const head = names.flatMap((name) =>
    name === first ? [name, '±', ...(peaks ? ['of peak'] : [])] : [name, '×'],
  );
  const lines = [['milliseconds', ...head]];
  const problems: string[] = [];
  const note = (name: string, row: string, outcome: Outcome | undefined) =>
    outcome && 'error' in outcome ? `[${problems.push(`${name}, ${row}: ${outcome.error}`)}]` : '–';
  for (const { name, flops, outcomes } of results.rows) {
    const own = outcomes[first];
    const line = [name];
    if (isTiming(own)) line.push(formatTime(own.median), formatTime(own.spread));
    else line.push(note(first, name, own), '');
    if (peaks) line.push(isTiming(own) ? shareOf(own.median, flops, results.peak) : '');
    for (const other of others) {
      const outcome = outcomes[other];
      if (!isTiming(outcome)) line.push(note(other, name, outcome), '');
      else {
        const ratio = isTiming(own) ? (outcome.median / own.median).toFixed(2) : '';
        line.push(formatTime(outcome.median), ratio);
      }
    }
    lines.push(line);
  }
  return { lines, notes: problems.map((problem, i) => `[${i + 1}] ${problem}`) };
}

/** What GPUs were asked for, as cells: CPU milliseconds of the GPU process, how many times as many as the first contestant's, draws and bytes read. */
export function gpuCellsOf(results: Results): string[][] {
  const names = Object.keys(results.versions).filter((name) =>
    results.rows.some(({ outcomes }) => {
      const outcome = outcomes[name];
      return isTiming(outcome) && (outcome.work?.draws ?? 0) > 0;
    }),
  );
  if (names.length === 0) return [];
  const head = names.flatMap((name, i) => [name, ...(i > 0 ? ['×'] : []), 'draws', 'bytes read']);
  const rows = results.rows.map(({ name: row, outcomes }) => {
    const own = outcomes[names[0]];
    const cells = names.flatMap((name, i) => {
      const outcome = outcomes[name];
      if (!isTiming(outcome)) return ['–', ...(i > 0 ? [''] : []), '', ''];
      const { gpu, work } = outcome;
      const ratio = gpu !== undefined && isTiming(own) && own.gpu ? (gpu / own.gpu).toFixed(2) : '';
      return [
        gpu === undefined ? '' : formatTime(gpu),
        ...(i > 0 ? [ratio] : []),
        String(Math.round(10 * (work?.draws ?? 0)) / 10),
        String(Math.round(work?.read ?? 0)),
      ];
    });
    return [row, ...cells];
  });
  return [['CPU ms of the GPU process', ...head], ...rows];
}

/** The table: times with their spreads, and for peers how many times as long as the first contestant they took. */
export function formatTable(results: Results): string {
  const { lines, notes } = cellsOf(results);
  const gpu = gpuCellsOf(results);
  const peak =
    results.peak === undefined
      ? `${formatMachine(results.machine)}.`
      : `One core does ${results.peak.toFixed(1)} GFLOP/s with 128-bit multiply-add in registers.`;
  return [layOut(lines), ...(gpu.length > 0 ? ['', layOut(gpu)] : []), '', peak, ...notes].join(
    '\n',
  );
}

/** The table in Markdown: our times, and how many times as long the others took; what a peer says it cannot do is a note below. */
export function formatMarkdown(results: Results): string {
  const [first, ...others] = Object.keys(results.versions);
  const notes: string[] = [];
  const note = (text: string): number =>
    notes.indexOf(text) === -1 ? notes.push(text) : notes.indexOf(text) + 1;
  const lines = [
    ['work', `${first}, ms`, 'of peak', ...others.map((name) => `${name} ×`)],
    ['---', '---:', '---:', ...others.map(() => '---:')],
    ...results.rows.map(({ name, flops, outcomes }) => {
      const own = outcomes[first];
      const timed = isTiming(own);
      return [
        name,
        timed ? formatTime(own.median) : '–',
        timed ? shareOf(own.median, flops, results.peak) : '',
        ...others.map((other) => {
          const outcome = outcomes[other];
          if (isTiming(outcome)) return timed ? formatTime(outcome.median / own.median) : '–';
          const reason = outcome?.error ?? 'not written for it';
          return reason === 'not written for it' ? '–' : `[${note(`${other}: ${reason}`)}]`;
        }),
      ];
    }),
  ];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return [table, '', ...notes.map((text, i) => `${i + 1}. ${text}`)].join('\n');
}

/** The rows that are slower than in an earlier run by more than both spreads and a tenth. */
export function compare(now: Results, before: Results): string[] {
  const slower: string[] = [];
  for (const { name, outcomes } of now.rows) {
    const old = before.rows.find((row) => row.name === name)?.outcomes ?? {};
    for (const [contestant, outcome] of Object.entries(outcomes)) {
      const earlier = old[contestant];
      if (!isTiming(outcome) || !isTiming(earlier)) continue;
      const margin = outcome.spread + earlier.spread + 0.1 * earlier.median;
      if (outcome.median <= earlier.median + margin) continue;
      const factor = (outcome.median / earlier.median).toFixed(2);
      slower.push(
        `${name}, ${contestant}: ${formatTime(earlier.median)} → ${formatTime(outcome.median)} ms (× ${factor})`,
      );
    }
  }
  return slower;
}

const inHtml = (text: string) =>
  text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] as string);

/** A page with a chart of the ratios and the table; it needs no scripts and no network. */
export async function formatPage(results: Results): Promise<string> {
  const vega = await import('vega');
  const view = new vega.View(vega.parse(chartOf(results)), { renderer: 'none' });
  const versions = Object.entries(results.versions).map(([name, version]) => `${name}: ${version}`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>@dl benchmark</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}pre{overflow:auto;font-size:13px}
svg{max-width:100%;height:auto}</style>
<h1>@dl and its peers</h1>
<p>${inHtml(`${results.date}, ${formatMachine(results.machine)}.`)} Medians of contestants that took turns in one run.</p>
${await view.toSVG()}
<pre>${inHtml(formatTable(results))}</pre>
<p>${inHtml(versions.join(' · '))}</p>
</html>
`;
}
