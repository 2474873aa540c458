// What users write, under the strictest settings of the compiler; it is also run.
import { gradients } from '@dl/autograd';
import { ResNet } from '@dl/cnn-zoo';
import { Embedding, Linear, Module } from '@dl/nn';
import { SGD } from '@dl/optim';
import { manualSeed, randn, type Tensor, tensor } from '@dl/tensor';

/** A decoder that shares its weight with the embedding. */
class LanguageModel extends Module {
  embedding: Embedding;
  decoder: Linear;

  constructor(words: number, width: number) {
    super();
    this.embedding = new Embedding(words, width);
    this.decoder = new Linear(width, words, { bias: false });
    this.decoder.weight = this.embedding.weight;
  }

  forward(tokens: Tensor): Tensor {
    return this.decoder.forward(this.embedding.forward(tokens));
  }
}

/** Mean over time, with the sizes taken from the shape. */
function meanOverTime(x: Tensor): Tensor {
  const [b, t, c] = x.shape;
  const sizes: number[] = [b, t, c];
  if (sizes.length !== x.shape.length) throw new Error('x is [batch, time, channels]');
  return x.reshape([b, t, c]).sum(1).div(t);
}

manualSeed(0);
const model = new ResNet(18);
model.fc = new Linear(512, 10);
const heads: number = model.fc.weight.shape[0];

const language = new LanguageModel(7, 4);
const optimizer = new SGD(language.parameters(), { lr: 0.1 });
const scores = language.forward(tensor([1, 2, 3], { dtype: 'int32' }));
const loss = scores.square().mean();
optimizer.zeroGrad();
loss.backward({ retainGraph: true });
const first: Tensor | null = language.embedding.weight.grad;
loss.backward(tensor(2), { retainGraph: true });
optimizer.step();

const w = randn([3]);
const b = randn([3]);
w.requiresGrad = true;
b.requiresGrad = true;
const required: boolean = w.requiresGrad;
const y = w.mul(b).sum();
const [dw] = gradients(y, w, { retainGraph: true });
const [one, other] = gradients(y, [w, b]);
const pair: readonly Tensor[] = [one, other];

const means = meanOverTime(randn([2, 5, 3]));
const right =
  heads === 10 &&
  [...language.parameters()].length === 1 &&
  first !== null &&
  required &&
  dw.sub(b).abs().max().item() === 0 &&
  pair.length === 2 &&
  means.shape.join() === '2,3';
if (!right) throw new Error('strict.ts: a result is wrong');
