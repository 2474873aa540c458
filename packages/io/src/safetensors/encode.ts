/** Writing safetensors, byte for byte as the reference writer does. */

import type { DType, Tensor } from '@dl/tensor';
import { bytesPerElement, ValueError } from '@dl/tensor';
import { allocate, encodeElements } from '../elements';
import { quote } from '../errors';
import { takes } from '../signatures';
import type { SafetensorsDType } from './header';
import { MAX_HEADER_BYTES, METADATA_KEY, SAFETENSORS_DTYPES } from './header';

/** Tensors by name, as `stateDict()` gives them. */
export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

const DTYPE_NAMES: Record<DType, SafetensorsDType> = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};
const WRITING_ORDER = Object.keys(SAFETENSORS_DTYPES);

/** A file before its data: the length and the header as bytes, then the tensors in the order of their data. */
export interface SafetensorsPlan {
  readonly head: Uint8Array;
  readonly tensors: readonly Tensor[];
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Lays the file out: tensors by descending alignment, then by name, without gaps; the header padded to 8 bytes. */
export function planSafetensors(
  tensors: NamedTensors,
  metadata?: Readonly<Record<string, string>>,
): SafetensorsPlan {
  const named = sortedTensors(tensors);
  const parts: string[] = [];
  if (metadata !== undefined)
    parts.push(`${JSON.stringify(METADATA_KEY)}:${metadataJson(metadata)}`);
  let offset = 0;
  for (const [name, tensor] of named) {
    const end = offset + tensor.size * bytesPerElement(tensor.dtype);
    const info = {
      dtype: DTYPE_NAMES[tensor.dtype],
      shape: tensor.shape,
      data_offsets: [offset, end],
    };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    offset = end;
  }
  const head = headBytes(`{${parts.join(',')}}`);
  return { head, tensors: named.map(([, tensor]) => tensor), size: head.length + offset };
}

function headBytes(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new ValueError(
      'encodeSafetensors',
      'the names and metadata are longer than the format allows',
      {
        args: { bytes: length },
        expected: `at most ${MAX_HEADER_BYTES} bytes`,
      },
    );
  }
  const head = new Uint8Array(8 + length).fill(0x20, 8 + text.length);
  new DataView(head.buffer).setUint32(0, length, true);
  head.set(text, 8);
  return head;
}

function sortedTensors(tensors: NamedTensors): [string, Tensor][] {
  const named =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Record<string, Tensor>);
  for (const [name] of named) {
    checkText(name);
    if (name === METADATA_KEY) {
      throw new ValueError('encodeSafetensors', `a tensor cannot be called ${METADATA_KEY}`, {
        hint: 'pass metadata as the second argument',
      });
    }
  }
  const rank = (tensor: Tensor) => WRITING_ORDER.indexOf(DTYPE_NAMES[tensor.dtype]);
  return named.sort(([a, x], [b, y]) => rank(x) - rank(y) || compareText(a, b));
}

/** Keys are sorted, so that equal metadata gives equal bytes (the reference writer's order is random). */
function metadataJson(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).sort(([a], [b]) => compareText(a, b));
  const parts = entries.map(([key, value]) => {
    if (typeof value !== 'string') {
      throw new ValueError('encodeSafetensors', `the metadata ${quote(key)} is not a string`, {
        args: { value },
        hint: 'String(value) or JSON.stringify(value)',
      });
    }
    checkText(key);
    checkText(value);
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return `{${parts.join(',')}}`;
}

function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new ValueError(
      'encodeSafetensors',
      `${quote(text)} holds half a surrogate pair, which UTF-8 cannot express`,
    );
  }
}

/** Order by code points, which is the order of UTF-8 bytes; `<` on strings compares UTF-16 units. */
export function compareText(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i].codePointAt(0) as number) - (right[i].codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/**
 * Writes tensors as a safetensors file, byte for byte what the reference writer produces: data by descending alignment of the
 * dtype, then by name, without gaps; the header padded with spaces to a multiple of 8 bytes.
 *
 * @param tensors - a record or a map from names to tensors, as `stateDict()` returns; views are written row-major.
 * @param metadata - strings to keep beside them; none where absent.
 * @returns the file.
 * @throws ValueError for a name that the format cannot hold, or metadata that is not a string.
 * @example
 * const bytes = encodeSafetensors(model.stateDict(), { format: 'pt' });
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  takes('encodeSafetensors', arguments);
  const plan = planSafetensors(tensors, metadata);
  const file = allocate(Uint8Array, plan.size);
  file.set(plan.head);
  let offset = plan.head.length;
  for (const tensor of plan.tensors) {
    const bytes = encodeElements(tensor.dataSync());
    file.set(bytes, offset);
    offset += bytes.length;
  }
  return file;
}
