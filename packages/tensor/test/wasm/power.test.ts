import { expect, it } from 'vitest';
import { manualSeed, rand, randn, type Tensor, tensor } from '../../src/index';

const special = [
  ...[0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1e-40, -1e-40, 1e38, -1e38, 1.5, 2.5, 7, -7],
  ...[Infinity, -Infinity, Number.NaN, 1 / 3, 1024, 16777216, 16777215],
];

/** How far results lie from the reference, in units of the last place. */
function agree(inputs: Tensor[], f: (...x: Tensor[]) => Tensor, units: number): void {
  const [found, expected] = [f(...inputs), f(...inputs.map((x) => x.to('reference')))].map((y) =>
    y.dataSync(),
  );
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i], expected[i]];
    if (Object.is(a, b)) continue;
    const distance = Math.abs(a - b) / Math.max(Math.abs(b) * 2 ** -24, 2 ** -149);
    if (!(distance <= units)) {
      throw new Error(`${inputs.map((x) => x.dataSync()[i])}: ${a}, the reference has ${b}`);
    }
  }
}

it('raises any number to any power', () => {
  const n = special.length;
  const x = tensor(special).reshape([n, 1]);
  const e = tensor(special);
  agree([x.expand([n, n]).contiguous(), e.expand([n, n]).contiguous()], (a, b) => a.pow(b), 2);
  agree([x.expand([n, n]).contiguous(), e.expand([n, n])], (a, b) => a.pow(b), 2);
  agree([x.expand([n, n]), e.expand([n, n]).contiguous()], (a, b) => a.pow(b), 2);
  // The power ½ is the square root, as in PyTorch: NaN of −∞.
  for (const power of special.filter((n) => n !== 0.5)) agree([e], (a) => a.pow(power), 2);
});

it('keeps the digits of powers and logarithms', () => {
  manualSeed(3);
  const x = randn([4001]).mul(40).exp();
  agree([x, randn([4001]).mul(2)], (a, b) => a.pow(b), 2);
  agree([rand([4001]).mul(2)], (a) => a.pow(1.7), 2);
  for (const values of [x, tensor(special), rand([4003]).add(0.5)])
    for (const f of ['log2', 'log10'] as const) agree([values], (a) => a[f](), 2);
});

it('keeps the digits of tangents and their inverse', () => {
  manualSeed(4);
  const angles = [
    0,
    -0,
    1,
    -1,
    0.4142,
    -0.4143,
    2.4142,
    -2.4143,
    1e-40,
    1e38,
    Infinity,
    -Infinity,
    Number.NaN,
  ];
  for (const values of [
    tensor(angles),
    randn([4001]),
    randn([4001]).mul(30).exp(),
    rand([4003]).mul(-3),
  ])
    agree([values], (a) => a.atan(), 4);
  for (const values of [tensor(angles), randn([4001]), randn([4002]).mul(300), rand([4003])])
    agree([values], (a) => a.tan(), 8);
});

it('knows logarithms of powers exactly', () => {
  const twos = Array.from({ length: 60 }, (_, i) => i - 30);
  expect(
    Array.from(
      tensor(twos.map((n) => 2 ** n))
        .log2()
        .dataSync(),
    ),
  ).toEqual(twos);
  const tens = Array.from({ length: 11 }, (_, i) => i);
  expect(
    Array.from(
      tensor(tens.map((n) => 10 ** n))
        .log10()
        .dataSync(),
    ),
  ).toEqual(tens);
});
