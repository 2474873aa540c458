/** The page in which anybody can run the benchmark. */

import { chartOf } from '../chart';
import { cellsOf, formatMachine, gpuCellsOf } from '../report';
import type { Results } from '../results';
import type { WorkloadName } from '../workloads';
import { browserRows, workloads } from '../workloads';
import type { BrowserContestant } from './contestants';
import { contestants } from './contestants';
import type { PageOptions } from './measure';
import { measure } from './measure';

const find = <E extends HTMLElement = HTMLElement>(id: string): E =>
  document.getElementById(id) as E;

const make = (tag: string, text: string): HTMLElement =>
  Object.assign(document.createElement(tag), { textContent: text });

/** Boxes to choose names with. */
function offer(id: string, names: readonly string[], chosen: readonly string[]): void {
  for (const name of names) {
    const label = make('label', ` ${name}`);
    const box = document.createElement('input');
    Object.assign(box, { type: 'checkbox', value: name, checked: chosen.includes(name) });
    label.prepend(box);
    find(id).append(label);
  }
}

const chosen = (id: string): string[] =>
  Array.from(find(id).querySelectorAll<HTMLInputElement>('input:checked'), ({ value }) => value);

function tableOf(lines: readonly (readonly string[])[]): HTMLElement {
  const table = make('table', '');
  for (const [i, cells] of lines.entries()) {
    const row = make('tr', '');
    row.append(...cells.map((text) => make(i === 0 ? 'th' : 'td', text)));
    table.append(row);
  }
  return table;
}

/** Shows what has been found so far. */
async function show(results: Results): Promise<void> {
  const { lines, notes } = cellsOf(results);
  const gpu = results.rows.length > 0 ? gpuCellsOf(results) : [];
  const parts = [make('p', `${results.date}, ${formatMachine(results.machine)}.`), tableOf(lines)];
  if (gpu.length > 0) parts.push(make('h2', 'What was asked of the GPU, for a run'), tableOf(gpu));
  find('table').replaceChildren(...parts, ...notes.map((note) => make('div', note)));
  const vega = await import('vega');
  const view = new vega.View(vega.parse(chartOf(results)), { renderer: 'none' });
  find('chart').innerHTML = await view.toSVG();
}

function download(results: Results): void {
  const text = `${JSON.stringify(results, null, 2)}\n`;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = `benchmark-${results.date.slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

let latest: Results | null = null;
let running: AbortController | null = null;

/** Runs, and shows progress and results. */
async function run(options: PageOptions): Promise<Results> {
  const status = find('status');
  const controller = new AbortController();
  running = controller;
  const enable = (going: boolean) => {
    find<HTMLButtonElement>('start').disabled = going;
    find<HTMLButtonElement>('stop').disabled = !going;
    find<HTMLButtonElement>('download').disabled = going || latest === null;
  };
  enable(true);
  try {
    const results = await measure({
      ...options,
      signal: controller.signal,
      onProgress(text, done) {
        status.textContent = text;
        find<HTMLProgressElement>('progress').value = done;
        options.onProgress?.(text, done);
      },
      onRow: (sofar) => void show(sofar),
    });
    latest = results;
    await show(results);
    find<HTMLProgressElement>('progress').value = 1;
    status.textContent = controller.signal.aborted ? 'Stopped.' : 'Done.';
    return results;
  } catch (error) {
    status.textContent = String(error);
    throw error;
  } finally {
    running = null;
    enable(false);
  }
}

offer('contestants', contestants, ['dl webgl', 'tfjs-webgl', 'dl', 'tfjs-wasm']);
offer(
  'rows',
  workloads.map(({ name }) => name).filter((name) => browserRows.includes(name)),
  browserRows.filter((name) => !/1024|ResNet|gradient/.test(name)),
);
document.querySelector('form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const names = chosen('contestants') as BrowserContestant[];
  const rows = chosen('rows') as WorkloadName[];
  if (names.length === 0 || rows.length === 0) {
    find('status').textContent = 'Choose a contestant and some work.';
    return;
  }
  const rounds = Number(find<HTMLInputElement>('rounds').value);
  // What goes wrong is shown by `run`.
  run({ names, rows, rounds, budget: 300, patience: 120_000 }).catch(() => {});
});
find('stop').addEventListener('click', () => running?.abort());
find('download').addEventListener('click', () => latest && download(latest));

/** For whoever drives the page. */
Object.assign(globalThis, { benchmark: run });
