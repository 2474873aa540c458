/** What the module exports; one memory, given by the host. */

export { conv2d, conv2dInputByColumns, conv2dWeight, matmul, turnKernels } from './conv';
export {
  abs, add, ceil, div, exp, floor, log, maximum, minimum, mul, neg, reciprocal, relu, round, sigmoid, sqrt, sub, tanh, trunc,
} from './elementwise';
export { packAll, packedBytes } from './gemm';
export { batchNorm, batchNormBackward } from './norm';
export { lstmBackward, lstmForward } from './recurrent';
export { indicesFit, maxPool, scatterPlanes } from './pool';
export { maxRows, softmaxRows, softmaxRowsBackward, sumColumns, sumRow, sumRows } from './reduce';
export { bytesToFloats, eq, ge, gt, le, lt, ne, where } from './select';
export { adamStep, sgdStep } from './update';
export { winograd, winogradKernelBytes, winogradKernels } from './winograd';
export { setWorkspace, workspaceBytes } from './workspace';
