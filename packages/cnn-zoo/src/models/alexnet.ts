import type { TensorModule } from '@dl/nn';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import type { ModelOptions } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Options of models that end in wide dense layers. */
export interface DenseHeadOptions extends ModelOptions {
  /** Units of the dense layers. Default 4096. */
  readonly hidden?: number;
  /** The share of units dropped while training. Default 0.5. */
  readonly dropout?: number;
}

/** Side of the images that the dense layers see. */
const SIDE = { torchvision: 6, d2l: 5 };

/** Fields of `AlexNet` that take more than they are made with. */
export interface AlexNet {
  /** The dense layers: a `Sequential` at first, in whose place any module from features to scores may be put. */
  get classifier(): Sequential;
  /** Puts another head there. */
  set classifier(head: TensorModule);
}

/**
 * AlexNet: five convolutions with overlapping pooling, three dense layers with dropout. The torchvision variant has 64, 192, 384,
 * 256, 256 channels and brings images of any size from 63 × 63 to 6 × 6; the one of Dive into Deep Learning has 96, 256, 384, 384, 256 and wants 224 × 224.
 * Parameters: those of `features` and `classifier`.
 *
 * @example new AlexNet({ classes: 10 }).forward(images) // [N, 3, 224, 224] to [N, 10]
 * Source: Krizhevsky et al. 2012; Krizhevsky 2014 (torchvision); Zhang et al., Dive into Deep Learning.
 */
export class AlexNet extends Module {
  features: Sequential;
  avgpool: TensorModule;

  /** Makes the model. */
  constructor(options: DenseHeadOptions = {}) {
    super();
    takes('AlexNet', arguments);
    const {
      variant,
      inChannels,
      classes,
      stem,
      hidden = 4096,
      dropout = 0.5,
    } = resolve('AlexNet', options);
    const torch = variant === 'torchvision';
    const [a, b, c, d, e] = torch ? [64, 192, 384, 256, 256] : [96, 256, 384, 384, 256];
    const first =
      stem === 'small'
        ? new Conv2d(inChannels, a, 3, { padding: 1 })
        : new Conv2d(inChannels, a, 11, { stride: 4, padding: torch ? 2 : 1 });
    const pool = () => new MaxPool2d(3, { stride: 2 });
    const three = (inputs: number, outputs: number) => [
      new Conv2d(inputs, outputs, 3, { padding: 1 }),
      new ReLU(),
    ];
    this.features = new Sequential(
      first,
      new ReLU(),
      pool(),
      new Conv2d(a, b, 5, { padding: 2 }),
      new ReLU(),
      pool(),
      ...three(b, c),
      ...three(c, d),
      ...three(d, e),
      pool(),
    );
    const side = stem === 'small' ? 3 : SIDE[variant];
    this.avgpool = new AdaptiveAvgPool2d([side, side]);
    const units = e * side * side;
    // torchvision drops before a dense layer, Dive into Deep Learning after its ReLU.
    const layers = torch
      ? [
          new Dropout(dropout),
          new Linear(units, hidden),
          new ReLU(),
          new Dropout(dropout),
          new Linear(hidden, hidden),
          new ReLU(),
        ]
      : [
          new Linear(units, hidden),
          new ReLU(),
          new Dropout(dropout),
          new Linear(hidden, hidden),
          new ReLU(),
          new Dropout(dropout),
        ];
    this.classifier = new Sequential(...layers, new Linear(hidden, classes));
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('AlexNet.forward', arguments);
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)).flatten(1));
  }
}
