import { Conv2d, Linear, MaxPool2d, Module } from '@dl/nn';
import { type Tensor, ValueError } from '@dl/tensor';
import { imageRecipe } from '../images';

/**
 * LeNet-5 (LeCun et al. 1998) for images of 28 × 28, with ReLU where it had tanh, max pooling where it had learned means, and
 * class scores for a softmax where it had Gaussian units.
 */
export class LeNet extends Module {
  private readonly conv1: Conv2d;
  private readonly conv2 = new Conv2d(6, 16, 5);
  private readonly pool = new MaxPool2d(2);
  private readonly fc1 = new Linear(16 * 5 * 5, 120);
  private readonly fc2 = new Linear(120, 84);
  private readonly fc3: Linear;

  constructor(channels = 1, classes = 10) {
    super();
    this.conv1 = new Conv2d(channels, 6, 5, { padding: 2 });
    this.fc3 = new Linear(84, classes);
  }

  /** @param x - [N, channels, 28, 28]. @returns [N, classes]. */
  forward(x: Tensor): Tensor {
    const edges = this.pool.forward(this.conv1.forward(x).relu()); // [N, 6, 14, 14]
    const parts = this.pool.forward(this.conv2.forward(edges).relu()); // [N, 16, 5, 5]
    const hidden = this.fc1.forward(parts.flatten(1)).relu();
    return this.fc3.forward(this.fc2.forward(hidden).relu());
  }
}

export const lenet = imageRecipe({
  name: 'lenet',
  title: 'LeNet-5',
  about: 'a small convolutional network that reads digits',
  epochs: 8,
  lr: 0.002,
  build([channels, height, width], classes) {
    if (height !== 28 || width !== 28) {
      throw new ValueError('lenet', `LeNet-5 reads images of 28 × 28, not ${height} × ${width}`);
    }
    return new LeNet(channels, classes);
  },
});
