/** WebGL2 as a backend of @dl/tensor. */

import type { Backend, DeviceMemory, FusedKernels, Kernels, TypedArray } from '@dl/tensor/backend';
import { throughReference } from '@dl/tensor/backend';
import { Block } from './device/block';
import type { Gpu } from './device/gpu';
import { download, downloadLater, upload } from './device/transfer';
import { convKernels, fusedConvKernels } from './kernels/conv';
import { elementwiseFused, elementwiseKernels } from './kernels/elementwise';
import { indexingKernels } from './kernels/indexing';
import { joinKernels } from './kernels/join';
import { linearKernels } from './kernels/linear';
import { matmulKernels } from './kernels/matmul';
import { movementKernels } from './kernels/movement';
import { normKernels } from './kernels/norm';
import { optimizerKernels } from './kernels/optimizer';
import { poolKernels } from './kernels/pool';
import { randomKernels } from './kernels/random';
import { reduceKernels } from './kernels/reduce';
import { scanKernels } from './kernels/scan';
import { softmaxKernels } from './kernels/softmax';
import { sortKernels } from './kernels/sort';

/** The dtypes that textures hold. */
const DTYPES = ['float32', 'int32', 'uint8', 'bool'] as const;

/** A backend that computes on `gpu`; `lost` is called where a read finds that the context is gone, and throws. */
export function createWebGLBackend(name: string, gpu: Gpu, lost: () => never): Backend {
  const alive = <T>(value: T): T => (gpu.gl.isContextLost() ? lost() : value);
  const memory: DeviceMemory = {
    name,
    dtypes: DTYPES,
    allocate: (dtype, length) => new Block(alive(gpu), dtype, length),
    free: (buffer) => (buffer as Block).free(),
    write(buffer, data) {
      upload(alive(gpu), buffer as Block, data);
    },
    readSync: (buffer, _, start, count) =>
      alive(download(gpu, buffer as Block, start, count)) as TypedArray,
    async read(buffer, _, start, count) {
      return alive(await downloadLater(alive(gpu), buffer as Block, start, count));
    },
  };
  return { ...memory, kernels: kernelsOf(memory, gpu), fused: fusedOf(gpu) };
}

function kernelsOf(memory: DeviceMemory, gpu: Gpu): Kernels {
  return {
    ...throughReference(memory),
    ...elementwiseKernels(gpu),
    ...movementKernels(gpu),
    ...matmulKernels(gpu),
    ...convKernels(gpu),
    ...poolKernels(gpu),
    ...reduceKernels(gpu),
    ...scanKernels(gpu),
    ...indexingKernels(gpu),
    ...joinKernels(gpu),
    ...randomKernels(gpu),
    ...sortKernels(gpu),
  };
}

function fusedOf(gpu: Gpu): FusedKernels {
  return {
    ...elementwiseFused(gpu),
    ...linearKernels(gpu),
    ...fusedConvKernels(gpu),
    ...optimizerKernels(gpu),
    ...normKernels(gpu),
    ...softmaxKernels(gpu),
  };
}
