import { Dropout, Linear, Module, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { convNormReLU6, InvertedResidual } from '../blocks/inverted-residual';
import { begin } from '../initial';
import type { ModelOptions } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Options of `MobileNetV2`. */
export interface MobileNetV2Options extends ModelOptions {
  /** Every number of channels is multiplied by it, and rounded to a multiple of 8. Default 1. */
  readonly widthMult?: number;
  /** The share of features dropped before the last layer while training. Default 0.2. */
  readonly dropout?: number;
}

/** Expansion, channels, blocks, and stride of the first block, for each stage. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2: seventeen inverted residual blocks with depthwise convolutions, for a tenth of ResNet-50's multiply-adds. Parameters: those
 * of `features` and `classifier`, under torchvision's names.
 *
 * @example new MobileNetV2().forward(images) // [N, 3, 224, 224] to [N, 1000]
 * Source: Sandler et al. 2018.
 */
export class MobileNetV2 extends Module {
  features: Sequential;
  classifier: Sequential;

  /** Makes the model. @throws ValueError for a width that is not positive. */
  constructor(options: MobileNetV2Options = {}) {
    super();
    takes('MobileNetV2', arguments);
    const {
      inChannels,
      classes,
      stem,
      widthMult = 1,
      dropout = 0.2,
    } = resolve('MobileNetV2', options, ['torchvision']);
    if (!(widthMult > 0 && widthMult < Number.POSITIVE_INFINITY)) {
      throw new ValueError('MobileNetV2', 'widthMult must be positive', { args: { widthMult } });
    }
    const small = stem === 'small';
    let channels = wholeEights(32 * widthMult);
    const last = wholeEights(1280 * Math.max(1, widthMult));
    const blocks = STAGES.flatMap(([expansion, width, count, step], stage) =>
      Array.from({ length: count }, (_, i) => {
        const inputs = channels;
        channels = wholeEights(width * widthMult);
        // Small images keep their size through the first stages.
        const stride = i === 0 && !(small && stage === 1) ? step : 1;
        return new InvertedResidual(inputs, channels, { stride, expansion });
      }),
    );
    this.features = new Sequential(
      convNormReLU6(inChannels, wholeEights(32 * widthMult), 3, { stride: small ? 1 : 2 }),
      ...blocks,
      convNormReLU6(channels, last, 1),
    );
    this.classifier = new Sequential(new Dropout(dropout), new Linear(last, classes));
    begin(this, { conv: 'fanOut', linear: 'small' });
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('MobileNetV2.forward', arguments);
    return this.classifier.forward(this.features.forward(x).mean([2, 3]));
  }
}

/** The multiple of 8 nearest to a number of channels, at least 8, and never below nine tenths of it. */
function wholeEights(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
