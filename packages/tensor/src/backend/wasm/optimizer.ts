/** Fused steps of optimizers. */

import type { FusedKernels, Kernel } from '../../ops/table';
import type { Machine } from './machine';
import { addresses, forPlain } from './machine';

function sgdStep(machine: Machine): Kernel<'sgdStep'> {
  return forPlain<'sgdStep'>(([parameter, gradient, velocity], attributes) => {
    const { lr, momentum, dampening, weightDecay, nesterov, first } = attributes;
    machine.kernels.sgdStep(
      ...addresses(parameter, gradient, velocity),
      parameter.size,
      lr,
      momentum,
      dampening,
      weightDecay,
      Number(nesterov),
      Number(first),
    );
  });
}

function adamStep(machine: Machine): Kernel<'adamStep'> {
  return forPlain<'adamStep'>(([parameter, gradient, m, v, largest], attributes) => {
    const { lr, beta1, beta2, eps, weightDecay, decoupled, step } = attributes;
    const size = lr / (1 - beta1 ** step);
    const root = Math.sqrt(1 - beta2 ** step);
    const decay = decoupled ? 0 : weightDecay;
    const shrink = decoupled ? 1 - lr * weightDecay : 1;
    machine.kernels.adamStep(
      ...addresses(parameter, gradient, m, v, largest),
      parameter.size,
      size,
      root,
      beta1,
      beta2,
      eps,
      decay,
      shrink,
    );
  });
}

function rmspropStep(machine: Machine): Kernel<'rmspropStep'> {
  return forPlain<'rmspropStep'>(([parameter, gradient, squares, mean, velocity], attributes) => {
    const { lr, alpha, eps, epsPlace, weightDecay, momentum } = attributes;
    machine.kernels.rmspropStep(
      ...addresses(parameter, gradient, squares, mean, velocity),
      parameter.size,
      lr,
      alpha,
      eps,
      Number(epsPlace === 'inside'),
      weightDecay,
      momentum,
    );
  });
}

function adagradStep(machine: Machine): Kernel<'adagradStep'> {
  return forPlain<'adagradStep'>(([parameter, gradient, squares], attributes) => {
    const { lr, eps, epsPlace, weightDecay } = attributes;
    machine.kernels.adagradStep(
      ...addresses(parameter, gradient, squares),
      parameter.size,
      lr,
      eps,
      Number(epsPlace === 'inside'),
      weightDecay,
    );
  });
}

/** Kernels of optimizer steps. */
export function optimizerKernels(machine: Machine): FusedKernels {
  return {
    sgdStep: sgdStep(machine),
    adamStep: adamStep(machine),
    rmspropStep: rmspropStep(machine),
    adagradStep: adagradStep(machine),
  };
}
