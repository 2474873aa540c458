import { DataLoader, TensorDataset } from '@dl/data';
import { Conv2d, Linear, MaxPool2d, MLP, Module } from '@dl/nn';
import { Generator, manualSeed, rand, randint, type Tensor, tensor } from '@dl/tensor';

/** Points in the plane; the class says on which side of the circle of radius 1 they are. */
export function circleLoader(count: number, batchSize: number, seed = 0) {
  const random = new Generator(seed);
  const x = new Float32Array(2 * count).map(() => random.random() * 3 - 1.5);
  const y = new Int32Array(count).map((_, i) => (x[2 * i] ** 2 + x[2 * i + 1] ** 2 < 1 ? 1 : 0));
  const dataset = new TensorDataset(tensor(x, { shape: [count, 2] }), tensor(y));
  return new DataLoader(dataset, { batchSize, shuffle: true, seed });
}

export function circleModel(seed = 0): MLP {
  manualSeed(seed);
  return new MLP([2, 16, 2]);
}

/** LeNet-5 for small images: the same layers, narrower. */
export class SmallLeNet extends Module {
  private readonly conv1 = new Conv2d(1, 3, 5, { padding: 2 });
  private readonly conv2 = new Conv2d(3, 6, 5);
  private readonly pool = new MaxPool2d(2);
  private readonly fc1 = new Linear(6, 16);
  private readonly fc2 = new Linear(16, 10);

  forward(x: Tensor): Tensor {
    const a = this.pool.forward(this.conv1.forward(x).relu());
    const b = this.pool.forward(this.conv2.forward(a).relu());
    return this.fc2.forward(this.fc1.forward(b.flatten(1)).relu());
  }
}

/** Noise of [1, 12, 12] with random classes. */
export function noiseLoader(count: number, batchSize: number, seed = 0) {
  const generator = new Generator(seed);
  const x = rand([count, 1, 12, 12], { generator });
  const y = randint(0, 10, [count], { generator });
  return new DataLoader(new TensorDataset(x, y), { batchSize, shuffle: true, seed });
}
