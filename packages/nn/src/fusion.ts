/** Layers that become one when nothing is learnt any more. */

import { noGrad } from '@dl/autograd';
import { assign, scope, sqrt, UsageError } from '@dl/tensor';
import { Conv2d } from './layers/conv';
import type { BatchNorm2d } from './layers/norm';

/**
 * A convolution that computes what `conv` and `norm` compute one after the other in evaluation behaviour:
 * W' = W·γ/√(σ² + ε), b' = β + (b − μ)·γ/√(σ² + ε).
 *
 * @throws UsageError where the norm has no running statistics, or the convolution surrounds images with other than zeros.
 * @example const fused = fuseConvNorm(net.conv1, net.bn1);
 */
export function fuseConvNorm(conv: Conv2d, norm: BatchNorm2d): Conv2d {
  const { runningMean, runningVar, weight: gamma, bias: beta, eps } = norm;
  if (!runningMean || !runningVar) {
    throw new UsageError('fuseConvNorm', 'the norm has no running statistics');
  }
  if (conv.paddingMode !== 'constant') {
    throw new UsageError('fuseConvNorm', 'the convolution surrounds images with other than zeros', {
      args: { paddingMode: conv.paddingMode },
    });
  }
  const { inChannels, outChannels, weight, bias, options } = conv;
  const [rows, columns] = weight.shape.slice(2);
  const fused = new Conv2d(inChannels, outChannels, [rows, columns], {
    ...options,
    dtype: weight.dtype,
  });
  noGrad(() =>
    scope(() => {
      const scale = sqrt(runningVar.add(eps))
        .reciprocal()
        .mul(gamma ?? 1);
      const shift = (bias ? bias.sub(runningMean) : runningMean.neg()).mul(scale);
      assign(fused.weight, weight.mul(scale.reshape([-1, 1, 1, 1])));
      if (fused.bias) assign(fused.bias, beta ? shift.add(beta) : shift);
    }),
  );
  fused.train(false);
  return fused;
}
