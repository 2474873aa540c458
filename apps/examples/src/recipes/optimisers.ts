/** Every method of @dl/optim on two surfaces that tell them apart. */

import { join, relative } from 'node:path';
import { noGrad } from '@dl/autograd';
import { makeFolder, writeFileAtomic } from '@dl/io/node';
import { newtonStep } from '@dl/linalg';
import { parameter } from '@dl/nn';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  LBFGS,
  NAdam,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from '@dl/optim';
import type { Tensor } from '@dl/tensor';
import { steps, tensor } from '@dl/tensor';
import type { SurfacePath } from '@dl/train/node';
import { contourChart, escapeHtml, renderPage, table } from '@dl/train/node';
import type { Recipe, Settings, Summary } from '../recipe';

/** A function of two numbers to walk down on. */
interface Surface {
  readonly name: string;
  readonly about: string;
  readonly start: readonly [number, number];
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly levels: readonly number[];
  /** For numbers and for tensors alike, by the same formula. */
  value(x: number, y: number): number;
  loss(point: Tensor): Tensor;
  /** Whether an end of a walk is a good one. */
  reached(x: number, y: number): boolean;
}

const SURFACES: readonly Surface[] = [
  {
    name: 'the valley 0.1·x₁² + 2·x₂²',
    about:
      'Twenty times as steep across as along: a step that is right along the valley is too large across it.',
    start: [-5, -2],
    x: [-6, 2],
    y: [-3, 3],
    levels: [0.05, 0.3, 1, 2, 4, 7, 11, 16],
    value: (x, y) => 0.1 * x * x + 2 * y * y,
    loss: (p) =>
      p
        .square()
        .mul(tensor([0.1, 2], { dtype: 'float64' }))
        .sum(),
    reached: (x, y) => 0.1 * x * x + 2 * y * y < 0.01,
  },
  {
    name: 'the saddle x₁² − x₂²',
    about:
      'The gradient vanishes in the middle, which is no minimum: the walk begins almost on the ridge and has to leave it sideways.',
    start: [-1.5, 0.001],
    x: [-2, 2],
    y: [-1, 2],
    levels: [-3, -2, -1, -0.4, -0.1, 0, 0.1, 0.4, 1, 2, 3],
    value: (x, y) => x * x - y * y,
    loss: (p) =>
      p
        .square()
        .mul(tensor([1, -1], { dtype: 'float64' }))
        .sum(),
    reached: (_, y) => Math.abs(y) > 1,
  },
];

/** What a walk needs of an optimiser. */
interface Stepping {
  step(closure: () => Tensor): unknown;
  zeroGrad(): unknown;
}

/** A method with rates for the two surfaces. */
interface Method {
  readonly name: string;
  readonly rates: readonly [valley: number, saddle: number];
  make?(params: Tensor[], lr: number): Stepping;
}

const METHODS: readonly Method[] = [
  { name: 'gradient descent', rates: [0.4, 0.1], make: (p, lr) => new SGD(p, { lr }) },
  { name: 'momentum 0.5', rates: [0.4, 0.1], make: (p, lr) => new SGD(p, { lr, momentum: 0.5 }) },
  {
    name: 'Nesterov 0.5',
    rates: [0.25, 0.1],
    make: (p, lr) => new SGD(p, { lr, momentum: 0.5, nesterov: true }),
  },
  { name: 'Adagrad', rates: [2, 0.5], make: (p, lr) => new Adagrad(p, { lr }) },
  { name: 'RMSprop', rates: [0.4, 0.1], make: (p, lr) => new RMSprop(p, { lr, alpha: 0.9 }) },
  { name: 'Adadelta', rates: [1, 1], make: (p, lr) => new Adadelta(p, { lr, eps: 1e-2 }) },
  { name: 'Adam', rates: [0.5, 0.1], make: (p, lr) => new Adam(p, { lr }) },
  { name: 'AdamW', rates: [0.5, 0.1], make: (p, lr) => new AdamW(p, { lr }) },
  { name: 'Adamax', rates: [0.5, 0.1], make: (p, lr) => new Adamax(p, { lr }) },
  { name: 'NAdam', rates: [0.5, 0.1], make: (p, lr) => new NAdam(p, { lr }) },
  { name: 'RAdam', rates: [0.5, 0.1], make: (p, lr) => new RAdam(p, { lr }) },
  { name: 'Rprop', rates: [0.3, 0.05], make: (p, lr) => new Rprop(p, { lr }) },
  { name: 'ASGD', rates: [0.4, 0.1], make: (p, lr) => new ASGD(p, { lr }) },
  {
    name: 'L-BFGS',
    rates: [1, 1],
    make: (p, lr) => new LBFGS(p, { lr, maxIter: 1, lineSearch: 'strongWolfe' }),
  },
  { name: "Newton's method", rates: [1, 1] },
];

/** Where a method goes. It stops where it has left the picture far behind: a saddle has no bottom. */
function walk(method: Method, surface: Surface, lr: number, count: number): SurfacePath {
  let point = parameter(tensor([...surface.start], { dtype: 'float64' }));
  const points: [number, number][] = [[...surface.start]];
  const optimizer = method.make?.([point], lr);
  for (const _ of steps(count)) {
    if (optimizer) {
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = surface.loss(point);
        loss.backward();
        return loss;
      });
    } else {
      point = newtonStep(surface.loss, point, { lr });
    }
    const [x, y] = noGrad(() => point.dataSync());
    points.push([x, y]);
    if (!(Math.hypot(x, y) < 100)) break;
  }
  return { name: method.name, points };
}

const STEPS = 20;

async function run({ out, lr, epochs: count = STEPS, tell }: Settings): Promise<Summary> {
  const start = performance.now();
  const sections: string[] = [];
  const reached: Record<string, number> = {};
  for (const [i, surface] of SURFACES.entries()) {
    const cards: string[] = [];
    const rows: string[][] = [];
    for (const method of METHODS) {
      const rate = lr ?? method.rates[i];
      const path = walk(method, surface, rate, count);
      const [x, y] = path.points[path.points.length - 1];
      const first = path.points.findIndex((point) => surface.reached(...point));
      reached[method.name] = (reached[method.name] ?? 0) + (first < 0 ? 0 : 1);
      const svg = await contourChart({
        surface: surface.value,
        x: surface.x,
        y: surface.y,
        levels: surface.levels,
        paths: [path],
      });
      const end = `(${x.toPrecision(3)}, ${y.toPrecision(3)})`;
      const said = first < 0 ? 'not there yet' : `there after ${first} steps`;
      cards.push(
        `<figure><h3>${escapeHtml(method.name)}</h3>${svg}<figcaption>rate ${rate}: ${said}, ends at ${end}</figcaption></figure>`,
      );
      rows.push([
        escapeHtml(method.name),
        String(rate),
        first < 0 ? '–' : String(first),
        surface.value(x, y).toPrecision(4),
      ]);
    }
    sections.push(
      `<h2>On ${escapeHtml(surface.name)}</h2><p>${surface.about}</p><div class="cards">${cards.join('\n')}</div>`,
      table(['method', 'rate', 'steps until there', 'height at the end'], rows),
    );
  }
  makeFolder(out);
  const page = renderPage({
    title: 'Optimisers on two surfaces',
    subtitle: `${METHODS.length} methods of @dl/optim, ${count} steps each, from the white dots; lines of equal height behind.`,
    sections,
  });
  await writeFileAtomic(join(out, 'optimisers.html'), [new TextEncoder().encode(page)]);
  const place = relative('', out) || '.';
  tell(
    `${METHODS.length} methods on ${SURFACES.length} surfaces: ${join(place, 'optimisers.html')}`,
  );
  return {
    recipe: 'optimisers',
    dataset: SURFACES.map(({ name }) => name).join('; '),
    seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
    methods: METHODS.length,
    reachedBoth: Object.values(reached).filter((n) => n === SURFACES.length).length,
    run: place,
  };
}

export const optimisers: Recipe = {
  name: 'optimisers',
  about: 'draws every optimiser on a valley and on a saddle (--epochs: steps)',
  run,
};
