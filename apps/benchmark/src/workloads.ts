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
  { name: 'conv 3×3', flops: convolution * 64 * 9 },
  { name: 'conv 3×3, gradients', flops: 3 * convolution * 64 * 9, slow: true },
  { name: 'conv 1×1', flops: convolution * 256 },
  { name: 'conv 1×1, gradients', flops: 3 * convolution * 256, slow: true },
  { name: 'batch norm, gradients' },
  { name: 'max-pool, gradients' },
  { name: '10⁴ adds of 8' },
  { name: '10⁴ adds of 8, gradient' },
  { name: 'MLP step, SGD' },
  { name: 'MLP step, Adam' },
  { name: 'LeNet-5 step' },
  { name: 'LSTM forward' },
  { name: 'LSTM gradients' },
  { name: 'char-LSTM step', slow: true },
  { name: 'ResNet-18 step', slow: true, tolerance: 1e-2 },
  ...rowsOf('ResNet-18'),
  ...rowsOf('AlexNet'),
  ...rowsOf('VGG-11'),
  ...rowsOf('GoogLeNet'),
  ...rowsOf('ResNet-50'),
  ...rowsOf('DenseNet-121'),
] as const satisfies readonly Workload[];

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
