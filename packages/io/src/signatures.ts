/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '@dl/tensor';

/** Types with names, by name. */
export const types = {
  DecodeOptions: "{ device?: Device, wideIntegers?: 'error' | 'float64' }",
  Device: "'cpu' | 'reference' | string",
  NamedTensors: 'Record<string, Tensor> | Map',
  NpzDecodeOptions: "{ device?: Device, wideIntegers?: 'error' | 'float64', maxBytes?: number }",
  NpzOptions: '{ compressed?: boolean }',
  TorchOptions:
    "{ device?: Device, wideIntegers?: 'error' | 'float64', maxElements?: number, maxBytes?: number }",
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
  decodeNpy: 'bytes: Uint8Array, options?: DecodeOptions',
  decodeNpz: 'bytes: Uint8Array, options?: NpzDecodeOptions',
  decodeSafetensors: 'bytes: Uint8Array, options?: DecodeOptions',
  decodeSafetensorsHeader: 'bytes: Uint8Array',
  decodeTorch: 'bytes: Uint8Array, options?: TorchOptions',
  encodeNpy: 'tensor: Tensor',
  encodeNpz: 'tensors: NamedTensors, options?: NpzOptions',
  encodeSafetensors: 'tensors: NamedTensors, metadata?: Record<string, string>',
  loadNpy: 'path: string, options?: DecodeOptions',
  loadNpz: 'path: string, options?: NpzDecodeOptions',
  loadSafetensors: 'path: string, options?: DecodeOptions',
  loadTorch: 'path: string, options?: TorchOptions',
  makeFolder: 'path: string',
  readSafetensorsHeader: 'path: string',
  saveNpy: 'path: string, tensor: Tensor',
  saveNpz: 'path: string, tensors: NamedTensors, options?: NpzOptions',
  saveSafetensors: 'path: string, tensors: NamedTensors, metadata?: Record<string, string>',
  torchStateDict: 'value: any, key?: string',
  writeFileAtomic: 'path: string, chunks: iterable | asyncIterable',
};

/** Refuses arguments that the named function, constructor or method does not take: `takes('name', arguments)`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);
