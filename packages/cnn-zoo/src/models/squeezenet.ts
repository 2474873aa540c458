import { noGrad } from '@dl/autograd';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  init,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { Fire } from '../blocks/fire';
import type { ModelOptions } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Options of `SqueezeNet`. */
export interface SqueezeNetOptions extends ModelOptions {
  /** The share of features dropped before the last convolution while training. Default 0.5. */
  readonly dropout?: number;
}

/** Squeezed and expanded channels of a fire module, or a pooling that halves rows and columns. */
type Step = readonly [squeezed: number, expanded: number] | 'pool';

/** What follows the first convolution and pooling. */
const STEPS: Readonly<Record<string, readonly Step[]>> = {
  '1_0': [
    ...([[16, 64], [16, 64], [32, 128], 'pool'] as const),
    ...([[32, 128], [48, 192], [48, 192], [64, 256], 'pool', [64, 256]] as const),
  ],
  '1_1': [
    ...([[16, 64], [16, 64], 'pool', [32, 128], [32, 128], 'pool'] as const),
    ...([
      [48, 192],
      [48, 192],
      [64, 256],
      [64, 256],
    ] as const),
  ],
};

/**
 * SqueezeNet: AlexNet's accuracy with a fiftieth of its parameters, from fire modules that squeeze the channels before they expand them,
 * and no dense layer. Parameters: those of `features` and `classifier`, under torchvision's names.
 *
 * @example new SqueezeNet('1_1').forward(images) // [N, 3, 224, 224] to [N, 1000]
 * Source: Iandola et al. 2016; version 1.1 takes less than half the multiply-adds of 1.0.
 */
export class SqueezeNet extends Module {
  features: Sequential;
  classifier: Sequential;

  /** Makes the model. @param version - '1_0' or '1_1'. @throws ValueError for others. */
  constructor(version: '1_0' | '1_1', options: SqueezeNetOptions = {}) {
    super();
    takes('SqueezeNet', arguments);
    const {
      inChannels,
      classes,
      stem,
      dropout = 0.5,
    } = resolve('SqueezeNet', options, ['torchvision']);
    const steps = Object.hasOwn(STEPS, version) ? STEPS[version] : undefined;
    if (!steps) {
      throw new ValueError('SqueezeNet', `there is no version ${version}`, {
        expected: "'1_0' or '1_1'",
      });
    }
    const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });
    const small = stem === 'small';
    let channels = version === '1_0' ? 96 : 64;
    const first = small
      ? new Conv2d(inChannels, channels, 3, { padding: 1 })
      : new Conv2d(inChannels, channels, version === '1_0' ? 7 : 3, { stride: 2 });
    const rest = steps.map((step) => {
      if (step === 'pool') return pool();
      const [squeezed, expanded] = step;
      const block = new Fire(channels, squeezed, expanded);
      channels = 2 * expanded;
      return block;
    });
    this.features = new Sequential(first, new ReLU(), ...(small ? [] : [pool()]), ...rest);
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Conv2d(channels, classes, 1),
      new ReLU(),
      new AdaptiveAvgPool2d(1),
    );
    this.draw();
  }

  /** First weights as torchvision draws them. */
  private draw(): void {
    noGrad(() => {
      const last = this.classifier.at(1);
      for (const module of this.modules()) {
        if (!(module instanceof Conv2d)) continue;
        if (module === last) init.normal(module.weight, 0, 0.01);
        else init.kaimingUniform(module.weight);
        if (module.bias) init.zeros(module.bias);
      }
    });
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('SqueezeNet.forward', arguments);
    return this.classifier.forward(this.features.forward(x)).flatten(1);
  }
}
