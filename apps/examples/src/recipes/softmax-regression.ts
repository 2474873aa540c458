import { SoftmaxRegression } from '@dl/nn';
import { imageRecipe } from '../images';

export const softmaxRegression = imageRecipe({
  name: 'softmax-regression',
  title: 'Softmax regression',
  about: 'a linear model on the same digits: what can be had without hidden layers',
  epochs: 12,
  lr: 0.002,
  build: (shape, classes) =>
    new SoftmaxRegression(
      shape.reduce((a, b) => a * b, 1),
      classes,
    ),
});
