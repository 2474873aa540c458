/** A picture of a model's layers: how large what they make is, and how much of the work they do. */

import { takes } from './signatures';
import type { Summary, SummaryRow } from './summary';

/** Options of `drawModel`. */
export interface DrawOptions {
  /** Above the picture. Default none. */
  readonly title?: string;
}

/** Colours by what a layer is, light enough for dark text and dark enough for a white page. */
const COLOURS: readonly (readonly [pattern: RegExp, colour: string, name: string])[] = [
  [/^Conv/, '#4c86c6', 'convolution'],
  [/^(Linear|Bilinear)/, '#d9852b', 'dense'],
  [/^(RNN|LSTM|GRU)/, '#9b5fa8', 'recurrent'],
  [/^Embedding/, '#3f9b7c', 'embedding'],
  [/Pool/, '#9aa5b1', 'pooling'],
];

/** Layers that are worth a bar: those that multiply, and those that change the size. */
function shown({ layer, multiplyAdds }: SummaryRow): boolean {
  return multiplyAdds > 0 || /Pool|^Embedding/.test(layer);
}

function kindOf({ layer }: SummaryRow): readonly [colour: string, name: string] {
  const found = COLOURS.find(([pattern]) => pattern.test(layer));
  return found ? [found[1], found[2]] : ['#6b7785', 'other'];
}

const escapeXml = (text: string) =>
  text.replace(/[&<>"]/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[c]};`);

const HEIGHT = 150;

/**
 * Draws the layers of a summary in the order in which they run, as SVG: a bar for each layer that multiplies or pools, as high as its
 * image (or its vector) is large, as wide as it has channels, both logarithmically. Each bar has a tooltip with the figures.
 *
 * @param report - of `summary`. @returns an `<svg>` element as text.
 * @example writeFileSync('net.svg', drawModel(summary(model, zeros([1, 3, 224, 224])), { title: 'ResNet-18' }));
 */
export function drawModel(report: Summary, options: DrawOptions = {}): string {
  takes('drawModel', arguments);
  const { title } = options;
  const rows = report.rows.filter(shown);
  const top = title ? 34 : 10;
  let x = 10;
  const bars = rows.map((row) => {
    const [, ...sizes] = row.output;
    const image = sizes.length === 3;
    const side = image ? Math.max(sizes[1], sizes[2]) : sizes[0];
    const height = Math.max(4, Math.min(HEIGHT, (image ? 18 : 11) * Math.log2(1 + (side ?? 1))));
    const width = image ? Math.max(3, 1.6 * Math.log2(1 + sizes[0])) : 7;
    const [colour] = kindOf(row);
    const tip = `${row.name}: ${row.layer}\n${sizes.join(' × ')}\n${row.parameters.toLocaleString('en-US')} parameters, ${row.multiplyAdds.toLocaleString('en-US')} multiply-adds`;
    const bar = `<rect x="${x.toFixed(1)}" y="${(top + (HEIGHT - height) / 2).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="1.5" fill="${colour}"><title>${escapeXml(tip)}</title></rect>`;
    x += width + 2.5;
    return bar;
  });
  const kinds = new Map(rows.map((row) => kindOf(row)).map(([colour, name]) => [name, colour]));
  let at = 10;
  const legend = [...kinds].map(([name, colour]) => {
    const entry = `<rect x="${at}" y="${top + HEIGHT + 12}" width="10" height="10" rx="2" fill="${colour}"/><text x="${at + 15}" y="${top + HEIGHT + 21}">${name}</text>`;
    at += 30 + 7 * name.length;
    return entry;
  });
  const width = Math.max(x + 8, at, 240);
  const height = top + HEIGHT + 32;
  const heading = title
    ? `<text x="10" y="20" font-size="14" font-weight="600">${escapeXml(title)}</text>`
    : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" width="${width.toFixed(0)}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="#55606c" role="img">${heading}${bars.join('')}${legend.join('')}</svg>`;
}
