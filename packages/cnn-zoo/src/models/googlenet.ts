import type { TensorModule } from '@dl/nn';
import { Conv2d, Dropout, Linear, MaxPool2d, Module, ReLU, Sequential } from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { adaptiveAvgPool2d, relu } from '@dl/tensor';
import { ConvNorm } from '../blocks/conv-norm';
import type { InceptionChannels } from '../blocks/inception';
import { Inception, InceptionNorm, inceptionOutputs } from '../blocks/inception';
import { begin } from '../initial';
import type { ModelOptions, Resolved } from '../options';
import { resolve } from '../options';
import { takes } from '../signatures';

/** Options of `GoogLeNet`. */
export interface GoogLeNetOptions extends ModelOptions {
  /** Have the two auxiliary heads. Only of the torchvision variant. Default true there. */
  readonly auxLogits?: boolean;
  /** The share of features dropped before the last layer while training (torchvision). Default 0.2. */
  readonly dropout?: number;
  /** The same in the auxiliary heads. Default 0.7. */
  readonly dropoutAux?: number;
}

/** Scores of all heads. */
export interface GoogLeNetOutputs {
  readonly logits: Tensor;
  /** Of the head after `inception4a`; null where there is none. */
  readonly aux1: Tensor | null;
  /** Of the head after `inception4d`. */
  readonly aux2: Tensor | null;
}

/** The nine blocks, by their names in torchvision. */
const BLOCKS: Readonly<Record<string, InceptionChannels>> = {
  inception3a: { one: 64, three: [96, 128], five: [16, 32], pool: 32 },
  inception3b: { one: 128, three: [128, 192], five: [32, 96], pool: 64 },
  inception4a: { one: 192, three: [96, 208], five: [16, 48], pool: 64 },
  inception4b: { one: 160, three: [112, 224], five: [24, 64], pool: 64 },
  inception4c: { one: 128, three: [128, 256], five: [24, 64], pool: 64 },
  inception4d: { one: 112, three: [144, 288], five: [32, 64], pool: 64 },
  inception4e: { one: 256, three: [160, 320], five: [32, 128], pool: 128 },
  inception5a: { one: 256, three: [160, 320], five: [32, 128], pool: 128 },
  inception5b: { one: 384, three: [192, 384], five: [48, 128], pool: 128 },
};

/** A classifier half-way. Parameters: those of `conv`, `fc1`, `fc2`. */
class InceptionAux extends Module {
  conv: ConvNorm;
  fc1 = new Linear(2048, 1024);
  dropout: Dropout;
  fc2: Linear;

  constructor(inChannels: number, classes: number, dropout: number) {
    super();
    this.conv = new ConvNorm(inChannels, 128, 1);
    this.dropout = new Dropout(dropout);
    this.fc2 = new Linear(1024, classes);
  }

  forward(x: Tensor): Tensor {
    const small = this.conv.forward(adaptiveAvgPool2d(x, [4, 4])).flatten(1);
    return this.fc2.forward(this.dropout.forward(relu(this.fc1.forward(small))));
  }
}

/**
 * GoogLeNet: nine Inception blocks between poolings, and one dense layer. The torchvision variant has batch norm in every
 * convolution, two auxiliary heads, and torchvision's names (`conv1`, `inception3a`, `aux1`, `fc`, …); the variant of Dive into Deep Learning has neither,
 * and its parameters are those of `net`, a chain of five parts and a dense layer.
 *
 * `forward` gives the scores of the last head; learn from all three by `forwardAll`:
 * loss = L(logits) + 0.3·(L(aux1) + L(aux2)).
 *
 * @example new GoogLeNet().forward(images) // [N, 3, 224, 224] to [N, 1000]
 * Source: Szegedy et al. 2015; Zhang et al., Dive into Deep Learning.
 */
export class GoogLeNet extends Module {
  private readonly net: Sequential | null = null;
  private readonly parts: Record<string, TensorModule> = {};
  private readonly aux: Readonly<Record<'aux1' | 'aux2', InceptionAux>> | null = null;

  /** Makes the model. */
  constructor(options: GoogLeNetOptions = {}) {
    super();
    takes('GoogLeNet', arguments);
    const all = resolve('GoogLeNet', options);
    if (all.variant === 'd2l') {
      this.net = chain(all);
      // Without batch norm, PyTorch's default would let nothing through so many layers.
      begin(this, { conv: 'fanIn' });
      return;
    }
    const { auxLogits = true, dropoutAux = 0.7 } = options;
    this.parts = torchParts(all);
    this.aux = auxLogits
      ? {
          aux1: new InceptionAux(512, all.classes, dropoutAux),
          aux2: new InceptionAux(528, all.classes, dropoutAux),
        }
      : null;
    begin(this, {});
  }

  /** torchvision has all parts in the model itself. */
  protected override members(): Iterable<readonly [string, unknown]> {
    if (this.net) return [['net', this.net]];
    // The order of torchvision, with the auxiliary heads before the last layers.
    const { dropout, fc, ...parts } = this.parts;
    return Object.entries({ ...parts, ...this.aux, dropout, fc });
  }

  /** The head: a `Linear` at first, in whose place any module from features to scores may be put. */
  get fc(): Linear {
    return (this.net ? this.net.at(-1) : this.parts.fc) as Linear;
  }

  /** Puts another head there. */
  set fc(head: TensorModule) {
    if (this.net) this.net.set(-1, head);
    else this.parts.fc = head;
  }

  /** Computes class scores. @param x - [N, channels, H, W]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    takes('GoogLeNet.forward', arguments);
    return this.net ? this.net.forward(x) : this.run(x, false).logits;
  }

  /** Computes the scores of all heads. The auxiliary ones are null in evaluation mode, and where there are none. */
  forwardAll(x: Tensor): GoogLeNetOutputs {
    takes('GoogLeNet.forwardAll', arguments);
    if (!this.net) return this.run(x, this.training);
    return { logits: this.net.forward(x), aux1: null, aux2: null };
  }

  private run(x: Tensor, heads: boolean): GoogLeNetOutputs {
    let y = x;
    let [aux1, aux2]: (Tensor | null)[] = [null, null];
    for (const [name, part] of Object.entries(this.parts)) {
      y = part.forward(name === 'fc' ? y.mean([2, 3]) : y);
      if (!heads || !this.aux) continue;
      if (name === 'inception4a') aux1 = this.aux.aux1.forward(y);
      if (name === 'inception4d') aux2 = this.aux.aux2.forward(y);
    }
    return { logits: y, aux1, aux2 };
  }
}

/** The parts in the order in which they run, under torchvision's names. */
function torchParts({
  inChannels,
  classes,
  stem,
  dropout = 0.2,
}: Resolved<GoogLeNetOptions>): Record<string, TensorModule> {
  const small = stem === 'small';
  const pool = (size = 3) => new MaxPool2d(size, { stride: 2, ceilMode: true });
  const parts: Record<string, TensorModule> = {
    conv1: small
      ? new ConvNorm(inChannels, 64, 3, { padding: 1 })
      : new ConvNorm(inChannels, 64, 7, { stride: 2, padding: 3 }),
    ...(!small && { maxpool1: pool() }),
    conv2: new ConvNorm(64, 64, 1),
    conv3: new ConvNorm(64, 192, 3, { padding: 1 }),
    maxpool2: pool(),
  };
  let channels = 192;
  for (const [name, sizes] of Object.entries(BLOCKS)) {
    if (name === 'inception4a') parts.maxpool3 = pool();
    if (name === 'inception5a') parts.maxpool4 = pool(2);
    parts[name] = new InceptionNorm(channels, sizes);
    channels = inceptionOutputs(sizes);
  }
  parts.dropout = new Dropout(dropout);
  parts.fc = new Linear(channels, classes);
  return parts;
}

/** Dive into Deep Learning's five parts, means of the channels, and a dense layer. */
function chain({ inChannels, classes, stem }: Resolved<GoogLeNetOptions>): Sequential {
  const small = stem === 'small';
  const pool = () => new MaxPool2d(3, { stride: 2, padding: 1 });
  let channels = 192;
  const blocks = (stage: string) =>
    Object.entries(BLOCKS)
      .filter(([name]) => name.startsWith(`inception${stage}`))
      .map(([, sizes]) => {
        const block = new Inception(channels, sizes);
        channels = inceptionOutputs(sizes);
        return block;
      });
  const first = small
    ? [new Conv2d(inChannels, 64, 3, { padding: 1 }), new ReLU()]
    : [new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3 }), new ReLU(), pool()];
  return new Sequential(
    new Sequential(...first),
    new Sequential(
      new Conv2d(64, 64, 1),
      new ReLU(),
      new Conv2d(64, 192, 3, { padding: 1 }),
      new ReLU(),
      pool(),
    ),
    new Sequential(...blocks('3'), pool()),
    new Sequential(...blocks('4'), pool()),
    new Sequential(...blocks('5'), new ChannelMeans()),
    new Linear(channels, classes),
  );
}

/** The mean of each channel as a row. */
class ChannelMeans extends Module {
  forward(x: Tensor): Tensor {
    return x.mean([2, 3]);
  }
}
