/** A page that shows how a run went. It is one file, without scripts, and opens from the file system. */

import { writeFileAtomic } from '@dl/io/node';
import type { CurvePoint } from '../../curve';
import { formatFigure, formatRate, formatTime } from '../../format';
import type { EpochReport, History } from '../../history';
import { figure } from '../../history';
import type { ConfusionMatrix } from '../../metrics/confusion';
import { takes } from '../../signatures';
import type { Series } from './chart';
import { lineChart } from './chart';
import { escapeHtml, renderPage, table } from './html';

/** A picture with words under it, or the words alone. */
export interface Picture {
  /** A data URI, for instance of `pngDataUri`. Default no picture. */
  readonly uri?: string;
  readonly caption: string;
  /** Said more quietly below. */
  readonly detail?: string;
}

/** What a report shows; parts that are not given are left out. */
export interface ReportOptions {
  readonly title: string;
  /** A sentence under the title. */
  readonly subtitle?: string;
  /** Figures at the top, by their names. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly history: History;
  /** What the validation batches are called. Default 'validation'. */
  readonly validationName?: string;
  /** The training loss over the steps, for a finer curve than one point an epoch. */
  readonly curve?: readonly CurvePoint[];
  readonly confusion?: ConfusionMatrix;
  /** Names of the classes; default their ids. */
  readonly classNames?: readonly string[];
  /** A gallery, the worst mistakes say, under its own heading. */
  readonly gallery?: { readonly title: string; readonly pictures: readonly Picture[] };
}

/**
 * The report as HTML: facts, curves of loss and accuracy, confusion matrix, pictures, a table of the epochs.
 *
 * @returns the page; no scripts, nothing from other places.
 */
export async function renderReport(options: ReportOptions): Promise<string> {
  takes('renderReport', arguments);
  const { title, subtitle, facts = {}, history, confusion, classNames, gallery } = options;
  const { validationName = 'validation' } = options;
  const sections = [
    history.epochs.length > 0 && (await curves(options)),
    confusion && matrixSection(confusion, classNames),
    gallery && gallerySection(gallery.title, gallery.pictures),
    epochSection(history.epochs, validationName),
  ];
  return renderPage({
    title,
    subtitle,
    facts,
    sections: sections.filter((part) => part !== undefined && part !== false),
  });
}

/** Writes `renderReport` to a file, atomically. */
export async function writeReport(path: string, options: ReportOptions): Promise<void> {
  takes('writeReport', arguments);
  await writeFileAtomic(path, [new TextEncoder().encode(await renderReport(options))]);
}

async function curves(options: ReportOptions): Promise<string> {
  const { history, curve, validationName = 'validation' } = options;
  const { epochs } = history;
  const by = (name: string, path: string, x: 'step' | 'epoch'): Series => ({
    name,
    points: epochs.flatMap((report) => {
      const y = figure(report, path);
      return y === undefined ? [] : [[report[x], y] as const];
    }),
    dots: true,
  });
  const training: Series = curve
    ? { name: 'training', points: curve.map(({ step, loss }) => [step, loss] as const) }
    : by('training', 'train.loss', 'step');
  const charts = [
    await figureHtml('Loss', 'step', 'loss', [
      training,
      by(validationName, 'validation.loss', 'step'),
    ]),
  ];
  const names = Object.keys(epochs[0]?.train ?? {}).filter((name) => name !== 'loss');
  for (const name of names) {
    const lines = [
      by('training', `train.${name}`, 'epoch'),
      by(validationName, `validation.${name}`, 'epoch'),
    ];
    charts.push(await figureHtml(name[0].toUpperCase() + name.slice(1), 'epoch', name, lines));
  }
  return `<div class="charts">\n${charts.join('\n')}\n</div>`;
}

async function figureHtml(title: string, xTitle: string, yTitle: string, lines: readonly Series[]) {
  const series = lines.filter(({ points }) => points.length > 0);
  const yFormat = formatFigure(yTitle, 0.5).endsWith('%') ? '~%' : '~g';
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  // A loss that falls far would show nothing but its beginning.
  const logY = yFormat === '~g' && Math.max(...ys) > 20 * Math.min(...ys) && Math.min(...ys) > 0;
  const svg = await lineChart({ series, xTitle, yTitle, yFormat, logY });
  return `<figure>\n<h2>${escapeHtml(title)}</h2>\n${svg}\n</figure>`;
}

function matrixSection(confusion: ConfusionMatrix, classNames?: readonly string[]): string {
  const names = (classNames ?? confusion.counts.map((_, i) => String(i))).map(escapeHtml);
  const scores = confusion.perClass();
  const rows = confusion.counts.map((row, i) => {
    const cells = row.map((n, j) => matrixCell(n, scores[i].support, i === j));
    const { precision, recall, f1 } = scores[i];
    const parts = [recall, precision, f1].map(
      (s) => `<td class="score">${formatFigure('f1', s)}</td>`,
    );
    return `<tr><th>${names[i]}</th>${cells.join('')}${parts.join('')}</tr>`;
  });
  const head = ['', ...names, 'recall', 'precision', 'F1'].map((name) => `<th>${name}</th>`);
  return `<h2>Confusion matrix</h2>
<p>Rows are true classes, columns what the model took them for.</p>
<div class="wide"><table class="matrix"><thead><tr>${head.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** Hits in blue by their share of the class, confusions in orange that is visible from the first on. */
function matrixCell(count: number, support: number, hit: boolean): string {
  if (count === 0) return '<td class="none">0</td>';
  const share = count / support;
  const strength = hit ? 0.1 + 0.75 * share : Math.min(0.85, 0.12 + 4 * share);
  const colour = hit ? '37, 99, 168' : '217, 115, 13';
  const ink = strength > 0.5 ? '; color: #fff' : '';
  return `<td style="background: rgba(${colour}, ${strength.toFixed(2)})${ink}">${count}</td>`;
}

function gallerySection(title: string, pictures: readonly Picture[]): string {
  const figures = pictures.map(({ uri, caption, detail }) => {
    const image = uri ? `<img src="${escapeHtml(uri)}" alt="">` : '';
    const small = detail ? `<br><small>${escapeHtml(detail)}</small>` : '';
    return `<figure>${image}<figcaption>${escapeHtml(caption)}${small}</figcaption></figure>`;
  });
  const shown = pictures.some(({ uri }) => uri) ? 'pictures' : 'cards';
  return `<h2>${escapeHtml(title)}</h2>\n<div class="${shown}">\n${figures.join('\n')}\n</div>`;
}

function epochSection(epochs: readonly EpochReport[], validationName: string): string {
  if (epochs.length === 0) return '<p>No batch was learned from.</p>';
  const train = Object.keys(epochs[0].train);
  const validation = Object.keys(epochs.find((e) => e.validation)?.validation ?? {});
  const cell = (name: string, value: number | undefined) =>
    value === undefined ? '–' : formatFigure(name, value);
  const rows = epochs.map((report) => [
    `${report.epoch}${report.complete ? '' : ' (cut short)'}`,
    String(report.step),
    ...train.map((name) => cell(name, report.train[name])),
    ...validation.map((name) => cell(name, report.validation?.[name])),
    formatTime(report.seconds),
    formatRate(report.samplesPerSecond),
  ]);
  const head = [
    'epoch',
    'step',
    ...train.map(escapeHtml),
    ...validation.map((name) => escapeHtml(`${validationName} ${name}`)),
    'time',
    'samples/s',
  ];
  return `<h2>Epochs</h2>\n<div class="wide">${table(head, rows)}</div>`;
}
