/** What a run found, as a table, as a page, and against an earlier one. */

import type { Timing } from './statistics';

/** A workload of one contestant: its timing, or why there is none. */
export type Outcome = Timing | { readonly error: string };

/** What a run found. */
export interface Results {
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  /** GFLOP/s of multiply-add in registers with 128-bit vectors, on one core. */
  readonly peak: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly {
    readonly name: string;
    readonly flops?: number;
    readonly outcomes: Readonly<Record<string, Outcome>>;
  }[];
}

const isTiming = (outcome: Outcome | undefined): outcome is Timing =>
  outcome !== undefined && 'median' in outcome;

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

/** The table: times with their spreads, and for peers how many times as long as the first contestant they took. */
export function formatTable(results: Results): string {
  const names = Object.keys(results.versions);
  const [first, ...others] = names;
  const lines = [
    [
      'milliseconds',
      ...names.flatMap((name) => (name === first ? [name, '±', 'of peak'] : [name, '×'])),
    ],
  ];
  const problems: string[] = [];
  for (const { name, flops, outcomes } of results.rows) {
    const own = outcomes[first];
    const line = [name];
    if (isTiming(own)) {
      const share = flops ? `${Math.round((100 * flops) / own.median / 1e6 / results.peak)} %` : '';
      line.push(formatTime(own.median), formatTime(own.spread), share);
    } else {
      const note = own ? `[${problems.push(`${first}, ${name}: ${own.error}`)}]` : '–';
      line.push(note, '', '');
    }
    for (const other of others) {
      const outcome = outcomes[other];
      if (isTiming(outcome)) {
        line.push(
          formatTime(outcome.median),
          isTiming(own) ? (outcome.median / own.median).toFixed(2) : '',
        );
      } else {
        line.push(outcome ? `[${problems.push(`${other}, ${name}: ${outcome.error}`)}]` : '–', '');
      }
    }
    lines.push(line);
  }
  const notes = problems.map((problem, i) => `[${i + 1}] ${problem}`);
  const peak = `One core does ${results.peak.toFixed(1)} GFLOP/s with 128-bit multiply-add in registers.`;
  return [layOut(lines), '', peak, ...notes].join('\n');
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
      const share = timed && flops ? (100 * flops) / own.median / 1e6 / results.peak : null;
      return [
        name,
        timed ? formatTime(own.median) : '–',
        share === null ? '' : `${Math.round(share)} %`,
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
  const [first, ...others] = Object.keys(results.versions);
  const values = results.rows.flatMap(({ name, outcomes }) => {
    const own = outcomes[first];
    if (!isTiming(own)) return [];
    return others.flatMap((other) => {
      const outcome = outcomes[other];
      return isTiming(outcome)
        ? [{ name, contestant: other, ratio: outcome.median / own.median }]
        : [];
    });
  });
  const view = new vega.View(
    vega.parse({
      width: 640,
      height: 22 * new Set(values.map(({ name }) => name)).size + 20,
      padding: 8,
      autosize: { type: 'fit-x', contains: 'padding' },
      data: [{ name: 'ratios', values }],
      scales: [
        {
          name: 'x',
          type: 'log',
          range: 'width',
          domain: { data: 'ratios', field: 'ratio' },
          nice: true,
        },
        {
          name: 'y',
          type: 'point',
          range: 'height',
          padding: 0.5,
          domain: { data: 'ratios', field: 'name' },
        },
        { name: 'colour', type: 'ordinal', range: 'category', domain: others },
      ],
      axes: [
        {
          scale: 'x',
          orient: 'top',
          grid: true,
          title: `times as long as ${first} (to the right: ${first} is faster)`,
        },
        { scale: 'y', orient: 'left', grid: true },
      ],
      legends: [{ fill: 'colour', orient: 'bottom', direction: 'horizontal' }],
      marks: [
        {
          type: 'symbol',
          from: { data: 'ratios' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'ratio' },
              y: { scale: 'y', field: 'name' },
              fill: { scale: 'colour', field: 'contestant' },
              size: { value: 80 },
            },
          },
        },
        {
          type: 'rule',
          encode: {
            enter: {
              x: { scale: 'x', value: 1 },
              y: { value: 0 },
              y2: { signal: 'height' },
              stroke: { value: '#444' },
            },
          },
        },
      ],
    }),
    { renderer: 'none' },
  );
  const { cpu, cores, node } = results.machine;
  const versions = Object.entries(results.versions).map(([name, version]) => `${name}: ${version}`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>@dl benchmark</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}pre{overflow:auto;font-size:13px}
svg{max-width:100%;height:auto}</style>
<h1>@dl and its peers</h1>
<p>${inHtml(`${results.date}, ${cpu}, ${cores} cores, Node ${node}.`)} Medians of contestants that took turns in one run.</p>
${await view.toSVG()}
<pre>${inHtml(formatTable(results))}</pre>
<p>${inHtml(versions.join(' · '))}</p>
</html>
`;
}
