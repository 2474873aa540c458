export type { ConvertOptions, ElementType, TensorRecord } from './elements';
export type { FormatErrorDetails } from './errors';
export { FormatError } from './errors';
export type { Safetensors } from './safetensors/decode';
export { decodeSafetensors, decodeSafetensorsHeader } from './safetensors/decode';
export type { NamedTensors } from './safetensors/encode';
export { encodeSafetensors } from './safetensors/encode';
export type { SafetensorsDType, SafetensorsHeader, SafetensorsInfo } from './safetensors/header';
export type { DecodeOptions } from './tensors';
