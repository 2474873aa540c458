import { MLP } from '@dl/nn';
import { imageRecipe } from '../images';

export const mlp = imageRecipe({
  name: 'mlp',
  title: 'A multilayer perceptron',
  about: 'one hidden layer of 256 units on the same digits',
  epochs: 6,
  lr: 0.001,
  build: (shape, classes) => new MLP([shape.reduce((a, b) => a * b, 1), 256, classes]),
});
