import { describe, expect, it } from 'vitest';
import { digamma, erf, erfinv, lgamma } from '../../src/backend/reference/special';

/** The largest accepted error, in units of the value (relative) or 1 (absolute), whichever is larger. */
function expectNear(actual: number, expected: number, relative: number, absolute = 0): void {
  const tolerance = Math.max(relative * Math.abs(expected), absolute);
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance);
}

// All tables: mpmath 1.3 with 40 digits, rounded to double.
describe('erf', () => {
  it.each([
    [1e-300, 1.1283791670955126e-300],
    [1e-8, 1.1283791670955126e-8],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [0.9, 0.7969082124228322],
    [1.3, 0.9340079449406524],
    [1.9, 0.9927904292352575],
    [1.999, 0.9953015566513705],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3.3, 0.9999969422902035],
    [4.5, 0.9999999998033839],
    [5.9, 0.9999999999999999],
  ])('erf(%d)', (x, expected) => {
    expectNear(erf(x), expected, 1e-15);
    expectNear(erf(-x), -expected, 1e-15);
  });

  it('has its limits', () => {
    expect([erf(0), erf(Infinity), erf(-Infinity), erf(Number.NaN)]).toEqual([
      0,
      1,
      -1,
      Number.NaN,
    ]);
  });
});

describe('erfinv', () => {
  it.each([
    [1e-300, 8.86226925452758e-301],
    [1e-10, 8.862269254527581e-11],
    [0.01, 0.008862501280950598],
    [0.3, 0.2724627147267543],
    [0.5, 0.4769362762044699],
    [0.75, 0.8134198475976185],
    [0.9, 1.1630871536766743],
    [0.99, 1.8213863677184494],
    [0.9953, 1.9989249911748999],
    [0.999, 2.3267537655135246],
    [0.999999, 3.458910737275499],
    [0.9999999999, 4.572824958544925],
    [0.9999999999999999, 5.8635847487551676],
  ])('erfinv(%d)', (y, expected) => {
    expectNear(erfinv(y), expected, 2e-15);
    expectNear(erfinv(-y), -expected, 2e-15);
  });

  it('has its limits', () => {
    expect([erfinv(0), erfinv(1), erfinv(-1)]).toEqual([0, Infinity, -Infinity]);
    expect([erfinv(1.1), erfinv(-2), erfinv(Number.NaN)]).toEqual([NaN, NaN, NaN]);
  });
});

describe('lgamma', () => {
  it.each([
    [1e-300, 690.7755278982137],
    [1e-10, 23.025850929882736],
    [0.01, 4.599479878042022],
    [0.3, 1.0957979948180756],
    [0.499, 0.5743309231606863],
    [0.5, 0.5723649429247001],
    [0.9, 0.06637623973474295],
    [0.999999999, 5.77215649399226e-10],
    [1.0001, -5.771334222047127e-5],
    [1.3, -0.10817480950786047],
    [1.4616, -0.12148629003589732],
    [1.499, -0.120818260069932],
    [1.5, -0.12078223763524522],
    [1.99, -0.004195529088791668],
    [2.0001, 4.2281658112919945e-5],
    [2.5, 0.2846828704729192],
    [2.51, 0.29173891549286796],
    [3.7, 1.428072326665388],
    [5.3, 3.6396360690666856],
    [7.3, 7.147892523022248],
    [9.99, 12.779315214350193],
    [10, 12.801827480081469],
    [25.5, 56.389167643719944],
    [1e3, 5905.220423209181],
    [1e10, 220258509288.81058],
    [1e300, 6.897755278982137e302],
    [-0.5, 1.2655121234846454],
    [-1.5, 0.860047015376481],
    [-10.7, -15.416789096416636],
    [-1e-10, 23.025850929998178],
  ])('lgamma(%d)', (x, expected) => {
    expectNear(lgamma(x), expected, 2e-15);
  });

  it('has its zeros and poles', () => {
    expect([lgamma(1), lgamma(2)].map(Math.abs)).toEqual([0, 0]);
    expect([0, -0, -1, -7, Infinity, -Infinity].map(lgamma)).toEqual(new Array(6).fill(Infinity));
    expect(lgamma(Number.NaN)).toBeNaN();
  });
});

describe('digamma', () => {
  it.each([
    [1e-300, -9.999999999999999e299],
    [1e-10, -10000000000.577215],
    [0.01, -100.56088545786868],
    [0.3, -3.502524222200133],
    [0.5, -1.9635100260214235],
    [1, -0.5772156649015329],
    [1.3, -0.16919088886679962],
    [1.5, 0.03648997397857652],
    [2, 0.42278433509846713],
    [3.7, 1.1671535393615113],
    [7.3, 1.9178203356379862],
    [9.99, 2.250700372831201],
    [10, 2.251752589066721],
    [25.5, 3.2189424728839198],
    [1e3, 6.907255195648812],
    [1e10, 23.025850929890456],
    [1e300, 690.7755278982137],
    [-0.5, 0.03648997397857652],
    [-1.5, 0.7031566406452432],
    [-2.3, 3.3173231575618227],
    [-10.7, 0.13374481244706443],
    [-1e-10, 9999999999.422785],
  ])('digamma(%d)', (x, expected) => {
    expectNear(digamma(x), expected, 1e-15, 2e-15);
  });

  it('has its poles', () => {
    expect([digamma(0), digamma(-0), digamma(Infinity)]).toEqual([-Infinity, Infinity, Infinity]);
    expect([digamma(-1), digamma(-Infinity), digamma(Number.NaN)]).toEqual([NaN, NaN, NaN]);
  });
});
