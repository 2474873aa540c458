/** A layer or loss for every class that @dl/nn exports, with inputs for it. */

import type { Module } from '@dl/nn';
import * as nn from '@dl/nn';
import type { Tensor } from '@dl/tensor';
import { rand, randn, tensor } from '@dl/tensor';

/** What is compared: a module, and the inputs of its `forward`; those that need gradients are marked. */
export interface LayerCase {
  make(): Module & { forward(...inputs: never[]): unknown };
  inputs(): readonly unknown[];
  /** Default: in training. */
  readonly evaluating?: boolean;
}

type Make = LayerCase['make'];
type Inputs = LayerCase['inputs'];

const leaf = (x: Tensor) => x.requiresGrad_();
const whole = (...ids: number[]) => tensor(Int32Array.from(ids));
const of = (inputs: Inputs, ...makes: Make[]): LayerCase[] =>
  makes.map((make) => ({ make, inputs }));
const evaluated = (cases: LayerCase[]): LayerCase[] => [
  ...cases,
  ...cases.map((one) => ({ ...one, evaluating: true })),
];

// Inputs: with odd sizes, so that rows begin anywhere in a texel.
const rows: Inputs = () => [leaf(randn([5, 6]).mul(2))];
const table: Inputs = () => [leaf(randn([5, 3]))];
const sequence: Inputs = () => [leaf(randn([3, 4, 7]))];
const images: Inputs = () => [leaf(randn([2, 4, 5, 6]))];
const square: Inputs = () => [leaf(randn([2, 4, 6, 6]))];
const ids: Inputs = () => [whole(1, 4, 0, 1, 1, 3).reshape([2, 3])];
const twins: Inputs = () => [leaf(randn([5, 4])), leaf(randn([5, 4]))];
const scores: Inputs = () => [leaf(randn([5, 4])), whole(0, 3, 1, 3, 2)];
const both: Inputs = () => [leaf(randn([5, 4])), randn([5, 4])];
const signs: Inputs = () => [leaf(randn([5, 4])), randn([5, 4]).sign()];
const chances: Inputs = () => [leaf(rand([5, 4]).mul(0.9).add(0.05)), rand([5, 4])];
const triplet: Inputs = () => [...twins(), leaf(randn([5, 4]))];
const bits: Inputs = () => [leaf(randn([5, 4])), randn([5, 4]).gt(0).cast('float32')];
const labels: Inputs = () => [
  leaf(randn([3, 4])),
  whole(3, 0, -1, 1, 1, -1, -1, -1, 0, 1, 2, 3).reshape([3, 4]),
];

const dense = () => new nn.Linear(6, 6);
const pool = (): readonly unknown[] => [leaf(randn([3, 4, 3])), whole(0, 2, 4).expand([3, 4, 3])];
const weight = () => tensor([0.5, 1, 2, 0.1]);

/** A scaler that has been fitted; what it learns is computed in float64, on `cpu`. */
const fitted = <M extends nn.MinMaxScaler | nn.StandardScaler | nn.MeanSubtraction>(scaler: M) =>
  scaler.fit(randn([9, 6])) as unknown as Module & { forward(x: Tensor): Tensor };

/** By the name of the class. */
export const layerCases: Readonly<Record<string, readonly LayerCase[]>> = {
  CELU: of(rows, () => new nn.CELU(0.5)),
  ELU: of(rows, () => new nn.ELU(0.7)),
  GELU: of(
    rows,
    () => new nn.GELU(),
    () => new nn.GELU({ approximate: 'tanh' }),
  ),
  GLU: of(rows, () => new nn.GLU()),
  Hardshrink: of(rows, () => new nn.Hardshrink()),
  Hardsigmoid: of(rows, () => new nn.Hardsigmoid()),
  Hardswish: of(rows, () => new nn.Hardswish()),
  Hardtanh: of(rows, () => new nn.Hardtanh()),
  LeakyReLU: of(rows, () => new nn.LeakyReLU()),
  LogSigmoid: of(rows, () => new nn.LogSigmoid()),
  LogSoftmax: of(
    rows,
    () => new nn.LogSoftmax(),
    () => new nn.LogSoftmax(0),
  ),
  Maxout: of(rows, () => new nn.Maxout(2)),
  Mish: of(rows, () => new nn.Mish()),
  PReLU: of(images, () => new nn.PReLU(4)),
  ReLU: of(rows, () => new nn.ReLU()),
  ReLU6: of(rows, () => new nn.ReLU6()),
  RReLU: evaluated(of(rows, () => new nn.RReLU())),
  SELU: of(rows, () => new nn.SELU()),
  Sigmoid: of(rows, () => new nn.Sigmoid()),
  SiLU: of(rows, () => new nn.SiLU()),
  Softmax: of(
    rows,
    () => new nn.Softmax(),
    () => new nn.Softmax(0),
  ),
  Softmax2d: of(images, () => new nn.Softmax2d()),
  Softmin: of(rows, () => new nn.Softmin()),
  Softplus: of(rows, () => new nn.Softplus(2)),
  Softshrink: of(rows, () => new nn.Softshrink()),
  Softsign: of(rows, () => new nn.Softsign()),
  Swish: of(rows, () => new nn.Swish()),
  Tanh: of(rows, () => new nn.Tanh()),
  Tanhshrink: of(rows, () => new nn.Tanhshrink()),
  Threshold: of(rows, () => new nn.Threshold(0.5, -2)),

  Highway: of(rows, () => new nn.Highway(6)),
  Residual: of(rows, () => new nn.Residual(dense(), { activation: new nn.ReLU() })),
  Sequential: of(rows, () => new nn.Sequential(dense(), new nn.Tanh(), new nn.Linear(6, 3))),

  Linear: of(
    rows,
    () => new nn.Linear(6, 5),
    () => new nn.Linear(6, 3, { bias: false }),
    () => nn.weightNorm(new nn.Linear(6, 3)),
  ),
  Bilinear: of(
    () => [leaf(randn([5, 3])), leaf(randn([5, 4]))],
    () => new nn.Bilinear(3, 4, 2),
  ),
  Conv1d: of(
    sequence,
    () => new nn.Conv1d(4, 6, 3, { stride: 2, padding: 2, dilation: 2, groups: 2 }),
    () => new nn.Conv1d(4, 2, 4, { padding: 'same', paddingMode: 'circular' }),
  ),
  Conv2d: of(
    images,
    () => new nn.Conv2d(4, 3, 3, { padding: 1 }),
    () => new nn.Conv2d(4, 5, [3, 2], { stride: [2, 1], bias: false }),
    () => new nn.Conv2d(4, 8, 3, { groups: 4, padding: 1 }),
    () => new nn.Conv2d(4, 6, 1),
    () => new nn.Conv2d(4, 2, 3, { padding: 1, paddingMode: 'reflect', dilation: 2 }),
  ),
  ConvTranspose1d: of(sequence, () => new nn.ConvTranspose1d(4, 3, 3, { stride: 2 })),
  ConvTranspose2d: of(
    images,
    () => new nn.ConvTranspose2d(4, 3, 3, { stride: 2, padding: 1 }),
    () => new nn.ConvTranspose2d(4, 6, 2, { groups: 2 }),
  ),
  CosineSimilarity: of(twins, () => new nn.CosineSimilarity()),
  PairwiseDistance: of(twins, () => new nn.PairwiseDistance()),

  AlphaDropout: of(rows, () => new nn.AlphaDropout(0.3)),
  ClassicDropout: evaluated(of(rows, () => new nn.ClassicDropout(0.3))),
  Dropout: evaluated(of(rows, () => new nn.Dropout(0.3))),
  Dropout1d: of(sequence, () => new nn.Dropout1d(0.3)),
  Dropout2d: of(images, () => new nn.Dropout2d(0.3)),
  FeatureAlphaDropout: of(images, () => new nn.FeatureAlphaDropout(0.3)),
  VariationalDropout: of(sequence, () => new nn.VariationalDropout(0.3)),

  Embedding: of(
    ids,
    () => new nn.Embedding(5, 3),
    () => new nn.Embedding(5, 6, { paddingIdx: 1, maxNorm: 1, scaleGradByFreq: true }),
  ),
  EmbeddingBag: of(
    ids,
    () => new nn.EmbeddingBag(5, 3),
    () => new nn.EmbeddingBag(5, 3, { mode: 'max' }),
    () => new nn.EmbeddingBag(5, 3, { mode: 'sum', paddingIdx: 1 }),
  ),

  BatchNorm1d: evaluated([
    ...of(table, () => new nn.BatchNorm1d(3)),
    ...of(sequence, () => new nn.BatchNorm1d(4, { momentum: 0.3 })),
  ]),
  BatchNorm2d: evaluated(of(images, () => new nn.BatchNorm2d(4))),
  GroupNorm: of(images, () => new nn.GroupNorm(2, 4)),
  LayerNorm: [
    ...of(rows, () => new nn.LayerNorm(6)),
    ...of(images, () => new nn.LayerNorm([5, 6])),
  ],
  InstanceNorm1d: evaluated(
    of(sequence, () => new nn.InstanceNorm1d(4, { affine: true, trackRunningStats: true })),
  ),
  InstanceNorm2d: of(images, () => new nn.InstanceNorm2d(4, { affine: true })),
  LocalResponseNorm: of(images, () => new nn.LocalResponseNorm(3)),

  ConstantPad1d: of(sequence, () => new nn.ConstantPad1d([2, 1], 3.5)),
  ConstantPad2d: of(images, () => new nn.ConstantPad2d(1, -2)),
  ReflectionPad1d: of(sequence, () => new nn.ReflectionPad1d([3, 2])),
  ReflectionPad2d: of(images, () => new nn.ReflectionPad2d(2)),
  ReplicationPad1d: of(sequence, () => new nn.ReplicationPad1d(2)),
  ReplicationPad2d: of(images, () => new nn.ReplicationPad2d([1, 2, 3, 0])),
  ZeroPad2d: of(images, () => new nn.ZeroPad2d([1, 0, 2, -1])),

  AdaptiveAvgPool1d: of(sequence, () => new nn.AdaptiveAvgPool1d(3)),
  AdaptiveAvgPool2d: of(
    images,
    () => new nn.AdaptiveAvgPool2d(1),
    () => new nn.AdaptiveAvgPool2d([2, 4]),
  ),
  AdaptiveMaxPool1d: of(sequence, () => new nn.AdaptiveMaxPool1d(3)),
  AdaptiveMaxPool2d: of(images, () => new nn.AdaptiveMaxPool2d([2, 4], { returnIndices: true })),
  AvgPool1d: of(
    sequence,
    () => new nn.AvgPool1d(3, { padding: 1, countIncludePad: false }),
    () => new nn.AvgPool1d(2, { ceilMode: true }),
  ),
  AvgPool2d: of(images, () => new nn.AvgPool2d(3, { stride: 2, padding: 1 })),
  LPPool1d: of(sequence, () => new nn.LPPool1d(2, 3)),
  LPPool2d: of(images, () => new nn.LPPool2d(2, 2)),
  MaxPool1d: of(sequence, () => new nn.MaxPool1d(3, { stride: 2, padding: 1 })),
  MaxPool2d: of(
    images,
    () => new nn.MaxPool2d(2),
    () => new nn.MaxPool2d(3, { stride: 1, padding: 1, returnIndices: true }),
  ),
  MaxUnpool1d: of(pool, () => new nn.MaxUnpool1d(3, { stride: 2, padding: 1 })),
  MaxUnpool2d: of(
    () => [leaf(randn([2, 4, 2, 2])), whole(0, 3, 13, 24).reshape([2, 2]).expand([2, 4, 2, 2])],
    () => new nn.MaxUnpool2d(2, { stride: 3 }),
  ),

  ChannelShuffle: of(images, () => new nn.ChannelShuffle(2)),
  Flatten: of(images, () => new nn.Flatten()),
  Fold: of(
    () => [leaf(randn([2, 8, 12]))],
    () => new nn.Fold([4, 5], 2),
  ),
  Identity: of(rows, () => new nn.Identity()),
  PixelShuffle: of(images, () => new nn.PixelShuffle(2)),
  PixelUnshuffle: of(square, () => new nn.PixelUnshuffle(2)),
  Unflatten: of(rows, () => new nn.Unflatten(1, [2, 3])),
  Unfold: of(images, () => new nn.Unfold(3, { padding: 1 })),
  Upsample: of(
    images,
    () => new nn.Upsample({ scaleFactor: 2 }),
    () => new nn.Upsample({ size: [7, 9], mode: 'bilinear' }),
  ),
  UpsamplingBilinear2d: of(images, () => new nn.UpsamplingBilinear2d({ size: [7, 4] })),
  UpsamplingNearest2d: of(images, () => new nn.UpsamplingNearest2d({ scaleFactor: 2 })),

  LinearRegression: of(rows, () => new nn.LinearRegression(6)),
  LogisticRegression: of(rows, () => new nn.LogisticRegression(6)),
  MLP: of(rows, () => new nn.MLP([6, 9, 3])),
  SoftmaxRegression: of(rows, () => new nn.SoftmaxRegression(6, 3)),
  TextCNN: of(
    () => [whole(1, 4, 0, 2, 3, 3, 1, 5).reshape([2, 4])],
    () => new nn.TextCNN({ vocabulary: 6, classes: 3, dimensions: 5, channels: 4, widths: [2, 3] }),
  ),
  MeanSubtraction: of(rows, () => fitted(new nn.MeanSubtraction(6))),
  MinMaxScaler: of(rows, () => fitted(new nn.MinMaxScaler(6))),
  StandardScaler: of(rows, () => fitted(new nn.StandardScaler(6))),

  BCELoss: of(chances, () => new nn.BCELoss()),
  BCEWithLogitsLoss: of(bits, () => new nn.BCEWithLogitsLoss({ posWeight: weight() })),
  CosineEmbeddingLoss: of(
    () => [...twins(), whole(1, -1, -1, 1, 1)],
    () => new nn.CosineEmbeddingLoss({ margin: 0.1 }),
  ),
  CrossEntropyLoss: [
    ...of(
      scores,
      () => new nn.CrossEntropyLoss(),
      () => new nn.CrossEntropyLoss({ weight: weight(), labelSmoothing: 0.1, reduction: 'sum' }),
      () => new nn.CrossEntropyLoss({ ignoreIndex: 3, reduction: 'none' }),
    ),
    ...of(
      () => [leaf(randn([5, 4])), randn([5, 4]).softmax(1)],
      () => new nn.CrossEntropyLoss(),
    ),
  ],
  CTCLoss: of(
    () => [leaf(randn([6, 2, 4])).logSoftmax(2), whole(1, 2, 3, 1).reshape([2, 2]), [6, 5], [2, 1]],
    () => new nn.CTCLoss(),
  ),
  GaussianNLLLoss: of(
    () => [...twins(), leaf(rand([5, 4]).add(0.1))],
    () => new nn.GaussianNLLLoss({ full: true }),
  ),
  HingeEmbeddingLoss: of(signs, () => new nn.HingeEmbeddingLoss({ margin: 1.5 })),
  HingeLoss: of(scores, () => new nn.HingeLoss()),
  HuberLoss: of(both, () => new nn.HuberLoss()),
  KLDivLoss: of(
    () => [leaf(randn([5, 4])), randn([5, 4]).softmax(1)],
    () => new nn.KLDivLoss({ reduction: 'batchmean' }),
  ),
  L1Loss: of(both, () => new nn.L1Loss()),
  MSELoss: of(
    both,
    () => new nn.MSELoss(),
    () => new nn.MSELoss({ reduction: 'none' }),
  ),
  MarginRankingLoss: of(
    () => [...twins(), randn([5, 4]).sign()],
    () => new nn.MarginRankingLoss({ margin: 0.2 }),
  ),
  MultiLabelMarginLoss: of(labels, () => new nn.MultiLabelMarginLoss()),
  MultiLabelSoftMarginLoss: of(bits, () => new nn.MultiLabelSoftMarginLoss({ weight: weight() })),
  MultiMarginLoss: of(scores, () => new nn.MultiMarginLoss({ margin: 0.7, weight: weight() })),
  NLLLoss: of(
    scores,
    () => new nn.NLLLoss(),
    () => new nn.NLLLoss({ weight: weight() }),
  ),
  PoissonNLLLoss: of(
    () => [leaf(randn([5, 4])), tensor([0, 1, 3, 7]).expand([5, 4])],
    () => new nn.PoissonNLLLoss({ full: true }),
  ),
  SmoothL1Loss: of(both, () => new nn.SmoothL1Loss({ beta: 0.4 })),
  SoftMarginLoss: of(signs, () => new nn.SoftMarginLoss()),
  TripletMarginLoss: of(triplet, () => new nn.TripletMarginLoss({ margin: 2, swap: true })),
  TripletMarginWithDistanceLoss: of(triplet, () => new nn.TripletMarginWithDistanceLoss()),
};
