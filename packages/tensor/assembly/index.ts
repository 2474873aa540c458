/** What the module exports; one memory, given by the host. */

export * from './angle';
export { conv2d, conv2dInputByColumns, conv2dWeight, framedChannels, matmul, matmulStack, turnKernels } from './conv';
export {
  add, div, maximum, minimum, mul, reluGradient, rowwise, sigmoidGradient, sub, tanhGradient,
} from './binary';
export * from './unary';
export { binary64, sumColumns64, sumRows64, unary64 } from './float64';
export { depthwise, depthwiseWeight } from './depthwise';
export { packAll, packedBytes } from './gemm';
export { gruBackward, gruForward } from './gru';
export { batchNorm, batchNormBackward, channelNorm, layerNorm, layerNormBackward, layerNormWeight } from './norm';
export { lstmBackward, lstmForward, rnnBackward, rnnForward } from './recurrent';
export { binaryInt32, countRows } from './int32';
export { indicesFit, pick, put } from './indexing';
export { log10, log2, pow } from './power';
export { maxPool, sumPool, sumPoolInput } from './pool';
export { dropout, randomWords, uniform } from './random';
export {
  crossEntropyRows, crossEntropyRowsBackward, logSoftmaxRows, logSoftmaxRowsBackward, softmaxRows, softmaxRowsBackward,
} from './softmax';
export { allRows, anyRows, maxRows, minRows, sumColumns, sumRow, sumRows } from './reduce';
export { fold, place, scan } from './scan';
export {
  eq, ge, gt, isfinite, isnan, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne,
} from './compare';
export { sort } from './sort';
export { bytesToFloats, copy, where } from './movement';
export { adagradStep, adamStep, rmspropStep, sgdStep } from './optimizer';
export {
  winograd, winogradColumns, winogradKernelBytes, winogradKernels, winogradOutputs, winogradProductBytes, winogradTileBytes, winogradTiles,
  winogradWeight,
} from './winograd';
export { setWorkspace, workspaceBytes } from './workspace';
