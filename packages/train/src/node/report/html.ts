import { takes } from '../../signatures';
/** Pieces of HTML. */

/** Text that can stand anywhere in a page. */
export function escapeHtml(text: string): string {
  takes('escapeHtml', arguments);
  const names: Record<string, string> = {
    '&': 'amp',
    '<': 'lt',
    '>': 'gt',
    '"': 'quot',
    "'": '#39',
  };
  return text.replace(/[&<>"']/g, (c) => `&${names[c]};`);
}

/** A table from rows of cells that are HTML already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  takes('table', arguments);
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('\n');
  return `<table>\n<thead>${line(head, 'th')}</thead>\n<tbody>\n${body}\n</tbody></table>`;
}

/** The look of the page; nothing is fetched from anywhere. */
export const STYLE = `
:root { color-scheme: light; --ink: #1d2228; --soft: #666e78; --line: #e3e6ea; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 1040px; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.4rem 0 .8rem; font-size: 1.15rem; }
p { margin: .3rem 0 0; color: var(--soft); }
dl { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem; margin: 1.3rem 0 0; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0; font-size: 1.1rem; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1.2rem; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th { color: var(--soft); font-weight: 500; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
table.matrix th, table.matrix td { min-width: 2.7rem; padding: .35rem .4rem; text-align: center; border: 1px solid #fff; }
table.matrix td.none { color: #c3c8ce; }
table.matrix td.score { padding-left: 1rem; text-align: right; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr)); gap: 1.4rem 1.2rem; }
.cards h3 { margin: 0 0 .2rem; font-size: .95rem; }
.cards figcaption { color: var(--soft); font-size: .82rem; line-height: 1.35; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(108px, 1fr)); gap: 1rem; }
.pictures img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated;
  background: #000; border-radius: 4px; }
.pictures figcaption { margin-top: .3rem; font-size: .85rem; line-height: 1.35; }
.pictures small { color: var(--soft); }
`;

/** What a page consists of. */
export interface PageOptions {
  readonly title: string;
  /** A sentence under the title. */
  readonly subtitle?: string;
  /** Figures at the top, by their names. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Pieces of HTML, one below the other. */
  readonly sections: readonly string[];
}

/** A page in the look of the reports. @returns HTML without scripts and with nothing from other places. */
export function renderPage(options: PageOptions): string {
  takes('renderPage', arguments);
  const { title, subtitle, facts = {}, sections } = options;
  const entries = Object.entries(facts).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${subtitle ? `<p>${escapeHtml(subtitle)}</p>` : ''}
<dl>${entries.join('\n')}</dl>
${sections.join('\n')}
</body>
</html>
`;
}
