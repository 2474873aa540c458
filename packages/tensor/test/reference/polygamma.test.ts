import { describe, expect, it } from 'vitest';
import { erfc, polygamma } from '../../src/backend/reference/special';

function expectNear(actual: number, expected: number, relative: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

// Both tables: mpmath 1.3 with 40 digits, rounded to double.
describe('polygamma', () => {
  it.each([
    [1, 1, 1.6449340668482264],
    [1, 0.5, 4.934802200544679],
    [2, 1, -2.4041138063191885],
    [3, 0.25, 1538.7821440091884],
    [1, 100.5, 0.009999916669583104],
    [2, -0.5, -0.82879664423432],
    [1, -2.25, 19.37941051186914],
    [5, 3.5, 0.08704917856718349],
    [4, -7.75, -24481.576062438246],
    [2, 1e-3, -2000000002.3976324],
    [1, 1e6, 1.0000005000001667e-6],
  ])('polygamma(%d, %d)', (order, x, expected) => {
    expectNear(polygamma(order, x), expected, 1e-13);
  });

  it('has its limits', () => {
    expect(polygamma(1, 0)).toBe(Infinity);
    expect(polygamma(1, -3)).toBe(Infinity);
    expect(polygamma(1, Infinity)).toBe(0);
    expect(polygamma(2, Number.NaN)).toBeNaN();
    // 1/x² beside 0 on either side, 1/x far away.
    expectNear(polygamma(1, -1e-40), 1e80, 1e-14);
    expectNear(polygamma(1, 1e300), 1e-300, 1e-14);
  });
});

describe('erfc', () => {
  it.each([
    [-3, 1.9999779095030015],
    [0, 1],
    [0.5, 0.4795001221869535],
    [0.999, 0.15771472979350307],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [5, 1.537459794428035e-12],
    [10, 2.088487583762545e-45],
    [20, 5.395865611607901e-176],
    [26, 5.663192408856143e-296],
  ])('erfc(%d)', (x, expected) => {
    // e^(−x²) loses a digit for every factor of ten in x².
    expectNear(erfc(x), expected, 2e-15 + 1e-15 * x * x);
  });

  it('has its limits', () => {
    expect([erfc(Infinity), erfc(-Infinity)]).toEqual([0, 2]);
    expect(erfc(Number.NaN)).toBeNaN();
  });
});
