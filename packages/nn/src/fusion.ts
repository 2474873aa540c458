/** Layers that are fused into one for inference. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { assign, scope, sqrt, UsageError } from '@dl/tensor';
import { Conv2d } from './layers/conv';
import type { BatchNorm2d } from './layers/norm';
import { takes } from './signatures';

/**
 * A convolution that computes what `conv`, `norm` and `activation` compute one after the other in evaluation mode:
 * W' = W·γ/√(σ² + ε), b' = β + (b − μ)·γ/√(σ² + ε).
 *
 * @param norm - null where there is none. @param options - `activation`, applied to the result, default none.
 * @throws UsageError where the norm has no running statistics, or the convolution does not pad with zeros.
 * @example const fused = fuseConvNorm(net.conv1, net.bn1);
 */
export function fuseConvNorm(
  conv: Conv2d,
  norm: BatchNorm2d | null,
  options: { readonly activation?: 'relu' } = {},
): Conv2d {
  takes('fuseConvNorm', arguments);
  const { activation } = options;
  if (norm && !(norm.runningMean && norm.runningVar)) {
    throw new UsageError('fuseConvNorm', 'the norm has no running statistics');
  }
  if (conv.paddingMode !== 'constant') {
    throw new UsageError('fuseConvNorm', 'the convolution does not pad with zeros', {
      args: { paddingMode: conv.paddingMode },
    });
  }
  const { inChannels, outChannels, weight, bias } = conv;
  const [rows, columns] = weight.shape.slice(2);
  const fused = new Conv2d(inChannels, outChannels, [rows, columns], {
    ...conv.options,
    activation: activation ?? conv.options.activation,
    bias: bias !== undefined || norm !== null,
    dtype: weight.dtype,
  });
  noGrad(() =>
    scope(() => {
      if (!norm) {
        assign(fused.weight, weight);
        if (bias) assign(fused.bias as Tensor, bias);
        return;
      }
      const { runningMean, runningVar, weight: gamma, bias: beta, eps } = norm;
      const [mean, variance] = [runningMean as Tensor, runningVar as Tensor];
      const scale = sqrt(variance.add(eps))
        .reciprocal()
        .mul(gamma ?? 1);
      const shift = (bias ? bias.sub(mean) : mean.neg()).mul(scale);
      assign(fused.weight, weight.mul(scale.reshape([-1, 1, 1, 1])));
      assign(fused.bias as Tensor, beta ? shift.add(beta) : shift);
    }),
  );
  fused.train(false);
  return fused;
}
