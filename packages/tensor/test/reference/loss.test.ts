import { describe, expect, it } from 'vitest';
import { referenceFused } from '../../src/backend/reference/index';
import type { Tensor } from '../../src/index';
import { IndexError, softmaxCrossEntropy } from '../../src/index';
import { declarations, executeBackward } from '../../src/internal';
import { make, values } from './helpers';

// Expected values: PyTorch 1.13, float64.
const logits = make([
  [1, 2, 3],
  [-1, 0.5, 2],
  [100, -100, 0],
  [0.1, 0.2, 0.3],
]);
const targets = make([2, 0, 1, -100], 'int32');
const cases = [
  {
    labelSmoothing: 0,
    loss: 67.88297242036718,
    gradient: [
      0.030010191056793478, 0.08157615701826587, -0.1115863480750594, -0.32029580890977083,
      0.05843013071334556, 0.26186567819642526, 0.3333333333333333, -0.3333333333333333,
      1.2400253253402787e-44, 0, 0, 0,
    ],
  },
  {
    labelSmoothing: 0.1,
    loss: 64.53297242036717,
    gradient: [
      0.018899079945682365, 0.07046504590715476, -0.0893641258528372, -0.29807358668754863,
      0.04731901960223446, 0.2507545670853142, 0.32222222222222224, -0.3111111111111111,
      -0.011111111111111112, 0, 0, 0,
    ],
  },
];

function backward(x: Tensor, labelSmoothing: number, scale = 1): Tensor {
  const attributes = { ignoreIndex: -100, labelSmoothing };
  const [gradient, none] = executeBackward(
    declarations.crossEntropy as never,
    referenceFused.crossEntropyBackward as never,
    {
      gradients: [make(scale)],
      inputs: [x, targets],
      outputs: [make(0)],
      attributes,
      needed: [true, false],
    },
  );
  expect(none).toBeUndefined();
  return gradient as Tensor;
}

describe.each(cases)('crossEntropy, label smoothing $labelSmoothing', (expected) => {
  const { labelSmoothing } = expected;

  it('value', () => {
    const loss = softmaxCrossEntropy(logits, targets, { labelSmoothing });
    expect(loss.item()).toBeCloseTo(expected.loss, 12);
    const view = logits.transpose().clone().transpose();
    expect(view.isContiguous).toBe(false);
    expect(softmaxCrossEntropy(view, targets, { labelSmoothing }).item()).toBe(loss.item());
  });

  it('equals its definition', () => {
    const attributes = { ignoreIndex: -100, labelSmoothing };
    const [defined] = declarations.crossEntropy.define([logits, targets], attributes);
    expect(defined.item()).toBeCloseTo(expected.loss, 12);
  });

  it('gradient', () => {
    const gradient = values(backward(logits, labelSmoothing));
    gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.gradient[i], 14);
    });
    const view = logits.transpose().clone().transpose();
    expect(values(backward(view, labelSmoothing))).toEqual(gradient);
    expect(values(backward(logits, labelSmoothing, 2))).toEqual(gradient.map((v) => 2 * v));
  });
});

describe('crossEntropy', () => {
  it.each([3, -1])('refuses class id %d', (id) => {
    const call = () => softmaxCrossEntropy(logits, make([0, 1, id, 0], 'int32'));
    expect(call).toThrow(IndexError);
    expect(call).toThrow(`class id ${id} in row 2`);
  });

  it('is NaN where no row counts', () => {
    expect(softmaxCrossEntropy(logits, make([-100, -100, -100, -100], 'int32')).item()).toBeNaN();
  });

  it('stays finite for large logits', () => {
    const large = make([[1e4, -1e4]]);
    expect(softmaxCrossEntropy(large, make([0], 'int32')).item()).toBe(0);
    expect(softmaxCrossEntropy(large, make([1], 'int32')).item()).toBe(2e4);
  });
});
