/** Initial weights as torchvision draws them. */

import { noGrad } from '@dl/autograd';
import type { Module } from '@dl/nn';
import { BatchNorm2d, Conv2d, init, Linear } from '@dl/nn';

/** How layers begin; those that are not named keep PyTorch's default. */
export interface Beginning {
  /** Convolutions: normal by the number of outputs (He et al. 2015), by that of inputs, or small. */
  readonly conv?: 'fanOut' | 'fanIn' | 'small';
  /** Linear layers: normal with deviation 0.01, or with a bias of 0. */
  readonly linear?: 'small' | 'zeroBias';
}

/** Draws the initial weights of all layers inside a model. */
export function begin(model: Module, { conv, linear }: Beginning): void {
  noGrad(() => {
    for (const module of model.modules()) {
      if (module instanceof Conv2d && conv) {
        if (conv === 'small') init.truncNormal(module.weight, 0, 0.01);
        else {
          init.kaimingNormal(module.weight, { mode: conv, nonlinearity: 'relu' });
          if (module.bias) init.zeros(module.bias);
        }
      } else if (module instanceof Linear && linear) {
        if (linear === 'small') init.normal(module.weight, 0, 0.01);
        if (module.bias) init.zeros(module.bias);
      } else if (module instanceof BatchNorm2d) {
        if (module.weight) init.ones(module.weight);
        if (module.bias) init.zeros(module.bias);
      }
    }
  });
}
