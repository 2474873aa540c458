/** Every declaration by name, for tests and tools that go through the whole table. */

import { reluGradientOp, sigmoidGradientOp, tanhGradientOp } from './activation-gradients';
import { conv2dInputOp, conv2dOp, conv2dWeightOp, convolutionOp, convolveIntoOp } from './conv';
import { assignOp, castOp, contiguousOp } from './copy';
import { diagonalOp } from './diagonal';
import { elementwiseOps } from './elementwise-table';
import { gatherOp, indexAddOp, indexSelectOp, scatterAddOp, scatterOp, sortOp } from './indexing';
import { crossEntropyOp } from './loss';
import { linearOp, matmulOp } from './matmul';
import {
  aliasOp,
  concatOp,
  detachOp,
  expandOp,
  padOp,
  permuteOp,
  reshapeOp,
  sliceOp,
} from './movement';
import { batchNormOp, channelNormOp, layerNormOp } from './norm-layers';
import { fullOp } from './operand';
import { maxPool2dOp, sumPool2dInputOp, sumPool2dOp } from './pool';
import { dropoutOp, normalOp, uniformOp } from './random';
import { gruOp, lstmOp, rnnOp } from './recurrent';
import { reduceOps } from './reduce';
import { logSoftmaxOp, softmaxOp } from './softmax';
import type { Declaration, OpName } from './table';
import { adagradStepOp, adamStepOp, rmspropStepOp, sgdStepOp } from './update';

/** The op table at run time: one declaration for every name, or this does not compile. */
export const declarations: { readonly [K in OpName]: Declaration<K> } = {
  ...elementwiseOps,
  ...reduceOps,
  alias: aliasOp,
  detach: detachOp,
  permute: permuteOp,
  expand: expandOp,
  reshape: reshapeOp,
  slice: sliceOp,
  diagonal: diagonalOp,
  full: fullOp,
  uniform: uniformOp,
  normal: normalOp,
  contiguous: contiguousOp,
  cast: castOp,
  concat: concatOp,
  pad: padOp,
  gather: gatherOp,
  scatter: scatterOp,
  scatterAdd: scatterAddOp,
  indexSelect: indexSelectOp,
  indexAdd: indexAddOp,
  sort: sortOp,
  matmul: matmulOp,
  conv2d: conv2dOp,
  conv2dInput: conv2dInputOp,
  conv2dWeight: conv2dWeightOp,
  maxPool2d: maxPool2dOp,
  sumPool2d: sumPool2dOp,
  sumPool2dInput: sumPool2dInputOp,
  linear: linearOp,
  convolution: convolutionOp,
  reluGradient: reluGradientOp,
  tanhGradient: tanhGradientOp,
  sigmoidGradient: sigmoidGradientOp,
  dropout: dropoutOp,
  softmax: softmaxOp,
  logSoftmax: logSoftmaxOp,
  crossEntropy: crossEntropyOp,
  batchNorm: batchNormOp,
  channelNorm: channelNormOp,
  layerNorm: layerNormOp,
  rnn: rnnOp,
  lstm: lstmOp,
  gru: gruOp,
  assign: assignOp,
  convolveInto: convolveIntoOp,
  sgdStep: sgdStepOp,
  rmspropStep: rmspropStepOp,
  adagradStep: adagradStepOp,
  adamStep: adamStepOp,
};
