/** The work that all contestants do; each contestant says how, in src/contestants. */

import type { Tensor } from '@dl/tensor';

/** One line of the table. */
export interface Workload {
  readonly name: string;
  /** Multiplications and additions of one run, where the rate matters. */
  readonly flops?: number;
  /** Whether it is left out with `--quick`. */
  readonly slow?: boolean;
  /** How far the figures of contestants may lie apart, relative to the largest. Default 1e-3. */
  readonly tolerance?: number;
}

/** Networks of the zoo, by the name of their rows. */
export const networks = {
  'ResNet-18': 'resnet18',
  AlexNet: 'alexnet',
  'VGG-11': 'vgg11',
  GoogLeNet: 'googlenet',
  'ResNet-50': 'resnet50',
  'DenseNet-121': 'densenet121',
} as const;
/** The name of a network. */
export type NetworkName = keyof typeof networks;

/** A network's rows: one picture of 224 × 224, and learning from two. */
const rowsOf = <K extends NetworkName>(name: K) =>
  [
    { name: `${name} inference 224²`, slow: true, tolerance: 1e-2 },
    { name: `${name} step 224²`, slow: true, tolerance: 1e-2 },
  ] as const;

const convolution = 2 * 8 * 64 * 56 * 56;

/** Work on tensors that do not lie row after row, along other axes than the last, in double precision, and in single rows. */
const layouts = [
  { name: 'attention products of heads', flops: 4 * 8 * 8 * 128 * 128 * 64 },
  { name: 'attention products of heads, gradients' },
  { name: '2000 products of 16³', flops: 2 * 2000 * 16 ** 3 },
  { name: 'products of broadcast stacks', flops: 2 * 128 * 64 ** 3 },
  { name: 'causal mask over 64 heads' },
  { name: 'where over columns' },
  { name: 'clamp 10⁶' },
  { name: 'transpose 1000²' },
  { name: 'channels last' },
  { name: 'relu, transposed 1000²' },
  { name: 'add, transposed 1000²' },
  { name: 'add of channels, last' },
  { name: 'sort 10⁶' },
  { name: 'sort of rows 1000²' },
  { name: 'topk of rows 1000²' },
  { name: 'cumsum of rows 1000²' },
  { name: 'cumsum of columns 1000²' },
  { name: 'cumprod of rows 1000²' },
  { name: 'argmax of rows 1000²' },
  { name: 'argmax of columns 1000²' },
  { name: 'maximum of columns 1000²' },
  { name: 'product of rows 1000²' },
  { name: 'variance of rows 1000²' },
  { name: 'variance of columns 1000²' },
  { name: 'gather of columns 1000²' },
  { name: 'scatter of columns 1000²' },
  { name: 'scatter sum of columns 1000²' },
  { name: 'columns selected 1000²' },
  { name: 'matmul 512³, float64', flops: 2 * 512 ** 3 },
  { name: 'add 10⁶, float64' },
  { name: 'sum 10⁶, float64' },
  { name: 'pow 10⁶' },
  { name: 'log2 10⁶' },
  { name: 'atan 10⁶' },
  { name: 'tan 10⁶' },
  { name: 'REINFORCE, single rows' },
] as const;

/** All workloads, in the order of the table. */
export const workloads = [
  { name: 'matmul 64³', flops: 2 * 64 ** 3 },
  { name: 'matmul 256³', flops: 2 * 256 ** 3 },
  { name: 'matmul 512³', flops: 2 * 512 ** 3 },
  { name: 'matmul 1024³', flops: 2 * 1024 ** 3, slow: true },
  { name: 'add 10⁶' },
  { name: 'relu 10⁶' },
  { name: 'exp 10⁶' },
  { name: 'tanh 10⁶' },
  { name: 'sigmoid 10⁶' },
  { name: 'softmax 1000²' },
  { name: 'sum of rows 1000²' },
  { name: 'sum of columns 1000²' },
  { name: 'sum 10⁶' },
  { name: 'conv 3×3', flops: convolution * 64 * 9 },
  { name: 'conv 3×3, gradients', flops: 3 * convolution * 64 * 9, slow: true },
  { name: 'conv 3×3, gradient of the input', flops: convolution * 64 * 9, slow: true },
  { name: 'conv 3×3, gradient of the kernels', flops: convolution * 64 * 9, slow: true },
  { name: 'conv 3×3, depthwise', flops: convolution * 9 },
  { name: 'conv 1×1', flops: convolution * 256 },
  { name: 'conv 1×1, gradients', flops: 3 * convolution * 256, slow: true },
  { name: 'batch norm, gradients' },
  { name: 'max-pool, gradients' },
  { name: '10³ adds of 8' },
  { name: '10⁴ adds of 8' },
  { name: '10⁴ adds of 8, gradient' },
  { name: 'MLP step, SGD' },
  { name: 'MLP step, Adam' },
  { name: 'LeNet-5 step' },
  { name: 'LSTM forward' },
  { name: 'LSTM gradients' },
  { name: 'char-LSTM step', slow: true },
  ...layouts,
  { name: 'ResNet-18 step', slow: true, tolerance: 1e-2 },
  ...rowsOf('ResNet-18'),
  ...rowsOf('AlexNet'),
  ...rowsOf('VGG-11'),
  ...rowsOf('GoogLeNet'),
  ...rowsOf('ResNet-50'),
  ...rowsOf('DenseNet-121'),
] as const satisfies readonly Workload[];

/** The rows that the benchmark in a browser begins with: what a GPU is good at, and what it is not. */
export const browserRows: readonly WorkloadName[] = [
  'matmul 512³',
  'matmul 1024³',
  'conv 3×3',
  'conv 3×3, gradient of the input',
  'conv 3×3, gradient of the kernels',
  'conv 3×3, depthwise',
  'conv 1×1',
  'softmax 1000²',
  'batch norm, gradients',
  'exp 10⁶',
  'add 10⁶',
  'sum 10⁶',
  '10³ adds of 8',
  'MLP step, SGD',
  'LeNet-5 step',
  'ResNet-18 inference 224²',
  'ResNet-18 step 224²',
];

/** The names of the rows of networks, which peers replay operation by operation. */
export const networkRows: readonly WorkloadName[] = workloads
  .map(({ name }) => name)
  .filter(
    (name) =>
      name === 'MLP step, SGD' ||
      name === 'LeNet-5 step' ||
      Object.keys(networks).some((network) => name.startsWith(network)),
  );

/** The name of a workload. */
export type WorkloadName = (typeof workloads)[number]['name'];

/** A function of ours without side effects, or a loss that a step makes smaller. */
export interface Computation {
  /** What is given anew for every run. */
  readonly inputs: readonly Tensor[];
  readonly f: () => Tensor;
  /** What a step of gradient descent changes, and how; absent for plain functions. */
  readonly parameters?: readonly Tensor[];
  readonly descent?: { readonly lr: number; readonly momentum: number };
}

/** A workload as one contestant does it. */
export interface Task {
  /** What it computes, of our own tasks: for peers that do the same, operation by operation. */
  readonly computes?: Computation;
  /** The work itself. */
  run(): void | Promise<void>;
  /** A few figures of the result, which must be those of the other contestants. */
  check(): number[] | Promise<number[]>;
}

/** How a contestant prepares each workload; what is missing it cannot do. */
export type Tasks = { readonly [K in WorkloadName]?: () => Task | Promise<Task> };

/** A contestant as its process knows it. */
export interface Contestant {
  /** Its version, and what it chose at run time. */
  readonly version: string;
  readonly tasks: Tasks;
}

/** The numbers that every contestant starts from: from −1 to 1, the same in every language. */
export function ramp(count: number, seed: number): Float32Array {
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = ((i * 7919 + seed * 104729) % 2003) / 1001.5 - 1;
  return data;
}
