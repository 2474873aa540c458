// Makes public/lenet.safetensors, the weights that the LeNet guide begins with: node train-lenet.mjs, after pnpm build. Half a minute.
import { LeNet } from '@dl/cnn-zoo';
import { AugmentedDataset, DataLoader, randomAffine, syntheticDigits } from '@dl/data';
import { saveSafetensors } from '@dl/io/node';
import { CrossEntropyLoss } from '@dl/nn';
import { Adam } from '@dl/optim';
import { manualSeed } from '@dl/tensor';
import { Accuracy, fit, Schedule } from '@dl/train';

manualSeed(1);
const { train, test } = syntheticDigits({ train: 10_000, test: 2000 });
const model = new LeNet({ activation: 'relu' });
// What is outside a picture is black: −mean / deviation.
const fill = -0.139 / 0.27;
const moved = randomAffine({
  degrees: 10,
  translate: [0.06, 0.06],
  scale: [0.85, 1.15],
  shear: 8,
  fill,
});
const history = await fit(model, {
  train: new DataLoader(new AugmentedDataset(train, [moved]), { batchSize: 64, shuffle: true }),
  validation: new DataLoader(test, { batchSize: 250 }),
  optimizer: new Adam(model.parameters(), { lr: 0.002 }),
  loss: new CrossEntropyLoss(),
  metrics: [new Accuracy()],
  epochs: 12,
  callbacks: [new Schedule((progress) => (1 + Math.cos(Math.PI * progress)) / 2)],
});
console.log(history.epochs.at(-1).validation);
await saveSafetensors(
  new URL('public/lenet.safetensors', import.meta.url).pathname,
  model.stateDict(),
);
