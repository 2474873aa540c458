/** What the module exports; one memory, given by the host. */

export { atan, tan } from './angle';
export { conv2d, conv2dInputByColumns, conv2dWeight, framedChannels, matmul, matmulStack, turnKernels } from './conv';
export {
  abs, add, ceil, cos, div, erf, exp, expm1, floor, log, log1p, maximum, minimum, mul, neg, reciprocal, relu, reluGradient, round, sigmoid,
  sigmoidGradient, sign, sin, softplus, sqrt, sub, tanh, tanhGradient, trunc, within,
} from './unary';
export { double1, double2, sumColumns64, sumRows64 } from './float64';
export { depthwise, depthwiseWeight } from './depthwise';
export { packAll, packedBytes } from './gemm';
export { gruBackward, gruForward } from './gru';
export { batchNorm, batchNormBackward, channelNorm, layerNorm, layerNormBackward, layerNormWeight } from './norm';
export { lstmBackward, lstmForward, rnnBackward, rnnForward } from './recurrent';
export { pick, put } from './indexing';
export { log10, log2, pow } from './power';
export { indicesFit, maxPool, sumPool, sumPoolInput } from './pool';
export { dropout, randomWords, uniform } from './random';
export {
  crossEntropyRows, crossEntropyRowsBackward, logSoftmaxRows, logSoftmaxRowsBackward, maxRows, minRows, softmaxRows, softmaxRowsBackward, sumColumns, sumRow, sumRows,
} from './reduce';
export { extreme, place, product, scan } from './scan';
export {
  allRows, anyRows, bytesToFloats, eq, ge, gt, isfinite, isnan, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne,
} from './compare';
export { sort } from './sort';
export { copy, rowwise, where } from './movement';
export { adagradStep, adamStep, rmspropStep, sgdStep } from './optimizer';
export {
  winograd, winogradColumns, winogradKernelBytes, winogradKernels, winogradOutputs, winogradProductBytes, winogradTileBytes, winogradTiles,
  winogradWeight,
} from './winograd';
export { setWorkspace, workspaceBytes } from './workspace';
