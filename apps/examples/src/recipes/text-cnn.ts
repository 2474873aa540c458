/** A convolutional network that tells good reviews of films from bad ones. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { noGrad } from '@dl/autograd';
import { DataError, DataLoader, ListDataset, take } from '@dl/data';
import { readTable } from '@dl/data/node';
import { init, TextCNN, type TextCNNOptions } from '@dl/nn';
import { AdamW, ExponentialMovingAverage } from '@dl/optim';
import { Generator, manualSeed, type Tensor, tensor } from '@dl/tensor';
import type { Mistake } from '../classifier';
import { runClassifier } from '../classifier';
import type { Recipe, Settings, Summary } from '../recipe';
import { say } from '../recipe';

interface Sentence {
  readonly words: readonly string[];
  /** 1 is positive. */
  readonly label: number;
}

interface Sentences {
  readonly name: string;
  readonly train: readonly Sentence[];
  readonly test: readonly Sentence[];
}

/** Reads SST-2 as sentences and labels, `train.tsv` and `test.tsv`. */
async function readSentences(folder: string): Promise<Sentences> {
  const part = async (file: string) => {
    const path = join(folder, file);
    if (!existsSync(path)) throw new DataError('text-cnn', `${folder} has no ${file}`);
    const rows = await readTable(path, { columns: ['sentence', 'label'] });
    return rows.map(({ sentence, label }, i) => {
      if (label !== '0' && label !== '1') {
        throw new DataError('text-cnn', `${path} has the label "${label}" in row ${i + 1}`, {
          expected: '0 or 1',
        });
      }
      return { words: sentence.toLowerCase().split(' '), label: Number(label) };
    });
  };
  return { name: folder, train: await part('train.tsv'), test: await part('test.tsv') };
}

const GOOD = 'wonderful charming brilliant moving funny clever gripping tender'.split(' ');
const BAD = 'boring clumsy empty tedious lifeless stale awful pointless'.split(' ');
const FILLERS = 'the film is a story of its cast and this one that was really quite so'.split(' ');

/** Reviews by formula, where `not` turns a word around: single words do not tell, pairs do. */
function writeSentences(seed: number, count: number): Sentence[] {
  const random = new Generator(seed);
  const pick = (words: readonly string[]) => words[Math.floor(random.random() * words.length)];
  return Array.from({ length: count }, () => {
    const label = random.random() < 0.5 ? 1 : 0;
    const turned = random.random() < 0.4;
    const judgement = pick((label === 1) !== turned ? GOOD : BAD);
    const words = Array.from({ length: 4 + Math.floor(random.random() * 8) }, () => pick(FILLERS));
    const at = Math.floor(random.random() * words.length);
    words.splice(at, 0, ...(turned ? ['not', judgement] : [judgement]));
    return { words, label };
  });
}

const PADDING = 0;
const UNKNOWN = 1;

/** Ids of words, for those that occur at least `least` times. */
function buildVocabulary(sentences: readonly Sentence[], least: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { words } of sentences) {
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const kept = [...counts].filter(([, count]) => count >= least).sort((a, b) => b[1] - a[1]);
  return new Map(kept.map(([word], i) => [word, i + 2]));
}

/** Batches of ids [N, longest] with padding, and labels [N]. A share of the words is hidden, so that no word is all. */
function asDataset(
  sentences: readonly Sentence[],
  vocabulary: ReadonlyMap<string, number>,
  hide?: { share: number; random: Generator },
): ListDataset<Sentence, Sentence, [Tensor, Tensor]> {
  return new ListDataset(sentences, {
    collate: (batch): [Tensor, Tensor] => {
      const longest = Math.max(...batch.map(({ words }) => words.length));
      const ids = new Int32Array(batch.length * longest).fill(PADDING);
      batch.forEach(({ words }, n) => {
        words.forEach((word, t) => {
          const hidden = hide && hide.random.random() < hide.share;
          ids[n * longest + t] = hidden ? UNKNOWN : (vocabulary.get(word) ?? UNKNOWN);
        });
      });
      const labels = Int32Array.from(batch, ({ label }) => label);
      return [tensor(ids, { shape: [batch.length, longest] }), tensor(labels)];
    },
  });
}

const BATCH_SIZE = 50;

async function run(settings: Settings): Promise<Summary | null> {
  const { data, seed, limit = Number.POSITIVE_INFINITY } = settings;
  const { epochs = 5, batchSize = BATCH_SIZE, lr = 0.001 } = settings;
  if (!data) say('Writing 4,000 reviews …');
  const sentences = data
    ? await readSentences(data)
    : {
        name: 'built-in reviews',
        train: writeSentences(2 * seed, 3000),
        test: writeSentences(2 * seed + 1, 1000),
      };
  const vocabulary = buildVocabulary(sentences.train, 2);
  const random = new Generator(seed);
  const train = take(asDataset(sentences.train, vocabulary, { share: 0.05, random }), limit);
  manualSeed(seed);
  const options: TextCNNOptions = {
    vocabulary: vocabulary.size + 2,
    classes: 2,
    paddingIdx: PADDING,
    dropout: 0.6,
  };
  const model = new TextCNN(options);
  const vectors = model.embedding.weight;
  // With the usual vectors of length √128, rare words would stay the noise that they begin as.
  noGrad(() => init.normal(vectors, 0, 0.1));
  const others = model.parameters().filter((p) => p !== vectors);
  const job = {
    recipe: 'text-cnn',
    title: 'A text CNN',
    about: 'windows of three, four and five words, and the strongest sign of each kind',
    dataset: sentences.name,
    things: 'sentences',
    model,
    classes: 2,
    classNames: ['negative', 'positive'],
    train: new DataLoader(train, { batchSize, shuffle: true, seed }),
    trainSize: train.length,
    test: new DataLoader(asDataset(sentences.test, vocabulary), { batchSize: 100 }),
    testSize: sentences.test.length,
    epochs,
    batchSize,
    lr,
    optimizer: (rate: number) =>
      new AdamW([
        { params: [vectors], lr: 2 * rate, weightDecay: 0 },
        { params: others, lr: rate, weightDecay: 0.01 },
      ]),
    average: new ExponentialMovingAverage(model.parameters(), 0.995),
    facts: { words: vocabulary.size },
    picture: ({ index, target, confidence }: Mistake) => ({
      caption: sentences.test[index].words.join(' '),
      detail: `${target === 1 ? 'positive' : 'negative'}, ${Math.round(confidence * 100)} % sure of the other`,
    }),
  };
  return runClassifier(job, settings);
}

export const textCnn: Recipe = {
  name: 'text-cnn',
  about: 'good or bad: a convolutional network reads reviews (--data: a folder with SST-2)',
  run,
};
