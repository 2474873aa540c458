/** Products, convolutions, pooling. */

import type { DType } from '@dl/tensor';
import type { OpCase } from '../cases';
import type { Plan } from './plan';
import { call, given } from './plan';

/** Rows, depth, columns: within a tile, around tiles of 4, 6 and 8, and beyond blocks of 96 rows, a depth of 256, 1024 columns. */
const MATRICES = [
  [1, 1, 1],
  [2, 3, 4],
  [3, 5, 7],
  [4, 4, 8],
  [5, 2, 9],
  [6, 16, 8],
  [7, 17, 15],
  [12, 31, 16],
  [13, 1, 17],
  [17, 33, 31],
  [1, 70, 33],
  [70, 1, 1],
  [33, 64, 1],
  [1, 5, 70],
  [47, 20, 65],
  [13, 300, 17],
  [100, 19, 33],
  [1, 66, 1030],
  [2, 1031, 7],
  [5, 19, 1027],
];
const LARGE_MATRICES = [[100, 257, 130]];

/** Batch axes of both factors; broadcast, and such as do not lie evenly. */
const STACKS = [
  [[3], []],
  [[], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[1], [4]],
  [[0], [0]],
];

const products: Plan = {
  calls: (dtype) => [
    ...[...MATRICES, ...LARGE_MATRICES, [0, 3, 4], [3, 0, 4], [3, 4, 0]].map(([m, k, n]) =>
      call([given([m, k], dtype), given([k, n], dtype)]),
    ),
    ...STACKS.flatMap(([a, b]) =>
      [
        [4, 5, 6],
        [9, 17, 20],
      ].map(([m, k, n]) => call([given([...a, m, k], dtype), given([...b, k, n], dtype)])),
    ),
    call([given([20, 30, 40], dtype), given([20, 40, 30], dtype)]),
  ],
};

const linear: Plan = {
  calls: (dtype) =>
    [...MATRICES, ...LARGE_MATRICES, [0, 3, 4]].flatMap(([m, k, n], i) => {
      const activation = i % 2 === 0 ? 'relu' : 'none';
      const [x, w, bias] = [[m, k], [n, k], [n]].map((shape) => given(shape, dtype));
      return [call([x, w, bias], { activation }), call([x, w, undefined], { activation })];
    }),
};

/** Sizes of a convolution. */
interface Convolution {
  readonly batch: number;
  readonly channels: readonly [inputs: number, outputs: number];
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: readonly [number, number, number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

const around = (n: number) => [n, n, n, n] as const;

const CONVOLUTIONS: readonly Convolution[] = [
  { batch: 1, channels: [1, 1], size: [1, 1], kernel: [1, 1] },
  { batch: 2, channels: [3, 5], size: [7, 9], kernel: [1, 1] },
  { batch: 2, channels: [4, 8], size: [9, 21], kernel: [3, 3] },
  { batch: 2, channels: [4, 8], size: [9, 21], kernel: [3, 3], padding: around(1) },
  { batch: 1, channels: [3, 7], size: [11, 17], kernel: [5, 2], padding: [2, 1, 0, 1] },
  { batch: 2, channels: [4, 8], size: [9, 21], kernel: [3, 3], padding: around(2), stride: [2, 2] },
  { batch: 2, channels: [3, 5], size: [8, 33], kernel: [3, 3], stride: [1, 3], dilation: [2, 1] },
  {
    batch: 1,
    channels: [2, 9],
    size: [16, 15],
    kernel: [3, 3],
    padding: around(1),
    dilation: [2, 2],
  },
  { batch: 2, channels: [4, 6], size: [9, 10], kernel: [3, 3], padding: around(1), groups: 2 },
  { batch: 2, channels: [4, 4], size: [9, 21], kernel: [3, 3], padding: around(1), groups: 4 },
  { batch: 2, channels: [4, 8], size: [9, 21], kernel: [3, 3], groups: 4, stride: [2, 2] },
  { batch: 1, channels: [5, 5], size: [13, 35], kernel: [5, 5], padding: around(2), groups: 5 },
  { batch: 3, channels: [20, 10], size: [6, 6], kernel: [3, 3], padding: around(1) },
  { batch: 1, channels: [17, 1], size: [12, 70], kernel: [2, 2] },
  // By Winograd's algorithm: sizes that no tile divides.
  { batch: 2, channels: [32, 24], size: [14, 15], kernel: [3, 3], padding: around(1) },
  { batch: 3, channels: [40, 33], size: [7, 9], kernel: [3, 3], padding: around(2) },
  { batch: 1, channels: [33, 40], size: [27, 13], kernel: [3, 3] },
  { batch: 0, channels: [2, 3], size: [5, 5], kernel: [3, 3] },
];
const LARGE_CONVOLUTIONS: readonly Convolution[] = [
  { batch: 2, channels: [300, 64], size: [14, 15], kernel: [3, 3], padding: around(1) },
  { batch: 40, channels: [33, 35], size: [12, 12], kernel: [3, 3], padding: around(1) },
  { batch: 9, channels: [128, 96], size: [5, 6], kernel: [3, 3], padding: around(1) },
  {
    batch: 8,
    channels: [3, 24],
    size: [33, 31],
    kernel: [7, 7],
    padding: around(3),
    stride: [2, 2],
  },
];

function convolving(
  build: (sizes: {
    image: readonly number[];
    kernel: readonly number[];
    grid: readonly number[];
    attributes: object;
    dtype: DType;
  }) => readonly OpCase[],
): Plan {
  const list = (c: Convolution, dtype: DType): readonly OpCase[] => {
    const { stride = [1, 1], padding = around(0), dilation = [1, 1], groups = 1 } = c;
    const [inputs, outputs] = c.channels;
    const grid = [0, 1].map((axis) => {
      const room = c.size[axis] + padding[2 * axis] + padding[2 * axis + 1];
      return Math.floor((room - dilation[axis] * (c.kernel[axis] - 1) - 1) / stride[axis]) + 1;
    });
    return build({
      image: [c.batch, inputs, ...c.size],
      kernel: [outputs, inputs / groups, ...c.kernel],
      grid: [c.batch, outputs, ...grid],
      attributes: { stride, padding, dilation, groups },
      dtype,
    });
  };
  return {
    calls: (dtype, complete) =>
      [...CONVOLUTIONS, ...(complete ? LARGE_CONVOLUTIONS : [])].flatMap((c) => list(c, dtype)),
  };
}

/** Windows: image, kernel, stride, padding, dilation, output. */
const WINDOWS = [
  [
    [1, 1, 1, 1],
    [1, 1],
    [1, 1],
    [0, 0, 0, 0],
    [1, 1],
  ],
  [
    [2, 3, 13, 24],
    [2, 2],
    [2, 2],
    [0, 0, 0, 0],
    [1, 1],
  ],
  [
    [2, 3, 13, 24],
    [3, 3],
    [2, 2],
    [1, 1, 1, 1],
    [1, 1],
  ],
  [
    [2, 3, 13, 33],
    [3, 3],
    [1, 1],
    [1, 1, 1, 1],
    [1, 1],
  ],
  [
    [1, 2, 9, 17],
    [2, 3],
    [1, 2],
    [0, 1, 1, 0],
    [2, 1],
  ],
  [
    [1, 1, 5, 70],
    [1, 5],
    [1, 5],
    [0, 0, 0, 0],
    [1, 1],
  ],
  [
    [3, 40, 15, 16],
    [3, 3],
    [2, 2],
    [0, 1, 0, 1],
    [1, 1],
  ],
  [
    [0, 2, 6, 6],
    [2, 2],
    [2, 2],
    [0, 0, 0, 0],
    [1, 1],
  ],
] as const;

function pooling(transposed: boolean): Plan {
  return {
    calls: (dtype) =>
      WINDOWS.map(([image, kernel, stride, padding, dilation]) => {
        const output = [0, 1].map((axis) => {
          const room = image[2 + axis] + padding[2 * axis] + padding[2 * axis + 1];
          return Math.floor((room - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
        });
        const attributes = { kernel, stride, padding, dilation, output };
        if (!transposed) return call([given(image, dtype)], attributes);
        const sums = given([image[0], image[1], ...output], dtype);
        return call([sums], { ...attributes, inputSize: image.slice(2) });
      }),
  };
}

/** Plans of products and windows. */
export const productPlans = {
  matmul: products,
  linear,
  conv2d: convolving(({ image, kernel, attributes, dtype }) => [
    call([given(image, dtype), given(kernel, dtype)], attributes),
  ]),
  conv2dInput: convolving(({ image, kernel, grid, attributes, dtype }) => [
    call([given(grid, dtype), given(kernel, dtype)], { ...attributes, inputSize: image.slice(2) }),
  ]),
  conv2dWeight: convolving(({ image, kernel, grid, attributes, dtype }) => [
    call([given(image, dtype), given(grid, dtype)], { ...attributes, kernelSize: kernel.slice(2) }),
  ]),
  convolution: convolving(({ image, kernel, attributes, dtype }) => {
    const [x, w, bias] = [image, kernel, [kernel[0]]].map((shape) => given(shape, dtype));
    return [
      call([x, w, bias], { ...attributes, activation: 'relu' }),
      call([x, w, undefined], { ...attributes, activation: 'none' }),
    ];
  }),
  convolveInto: convolving(({ image, kernel, grid, attributes, dtype }) => {
    const [y, x, w, bias] = [grid, image, kernel, [kernel[0]]].map((shape) => given(shape, dtype));
    return [
      call([y, x, w, bias], { ...attributes, activation: 'relu' }),
      call([y, x, w, undefined], { ...attributes, activation: 'none' }),
    ];
  }),
  maxPool2d: pooling(false),
  sumPool2d: pooling(false),
  sumPool2dInput: pooling(true),
} satisfies Record<string, Plan>;
