/** What a PyTorch pickle can hold here, and the only Python names that it may use. */

import type { ElementType } from '../elements';
import { FormatError, quote } from '../errors';
import { checkShape, isCount } from '../shape';

export const FORMAT = 'torch';

/** A Python tuple or torch.Size; a list is a plain array. */
export class Tuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** One of the allowed names of Python. */
export class Global {
  constructor(readonly name: string) {}
}

/** A storage by its member in the archive; its elements are read later. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly type: ElementType,
    readonly length: number,
  ) {}
}

/** A tensor whose layout was checked against its storage. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    readonly size: number,
  ) {}

  /** Equal for tensors that are the same view of the same storage. */
  get identity(): string {
    const { key, type } = this.storage;
    return JSON.stringify([key, type, this.offset, this.shape, this.strides]);
  }
}

/** A value while it is unpickled; dicts are Maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Tuple
  | Global
  | StorageRef
  | TensorRef;

const STORAGES: Record<string, ElementType> = {
  'torch.DoubleStorage': 'float64',
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
};

type Call = (args: readonly PickleValue[], offset: number) => PickleValue;

const CALLS: Record<string, Call> = {
  'collections.OrderedDict': (args, offset) => {
    if (args.length > 0) throw malformed('an OrderedDict with arguments', offset);
    return new Map();
  },
  'torch.Size': ([sizes, ...rest], offset) => {
    if (!(sizes instanceof Tuple) || rest.length > 0)
      throw malformed('a torch.Size without sizes', offset);
    checkShape(sizes.items, FORMAT, 'a torch.Size');
    return sizes;
  },
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  // Before 0.4: without requires_grad and hooks.
  'torch._utils._rebuild_tensor': rebuildTensor,
  // (data, requires_grad, backward_hooks): a parameter is its data.
  'torch._utils._rebuild_parameter': ([data], offset) => {
    if (!(data instanceof TensorRef)) throw malformed('a parameter without a tensor', offset);
    return data;
  },
};

/**
 * Resolves a Python name.
 *
 * @throws FormatError for every name that is not a tensor, a storage, torch.Size or OrderedDict.
 */
export function resolveGlobal(module: string, name: string, offset: number): Global {
  const full = `${module}.${name}`;
  if (Object.hasOwn(CALLS, full) || Object.hasOwn(STORAGES, full)) return new Global(full);
  throw new FormatError(
    FORMAT,
    `the file asks for ${quote(full)}, which is not a tensor or container type`,
    {
      offset,
      hint: 'save a state dict (torch.save(model.state_dict(), path)) with plain values; running Python code from a file is never allowed',
    },
  );
}

/** Calls an allowed function. */
export function callGlobal(callable: PickleValue, args: PickleValue, offset: number): PickleValue {
  if (
    !(callable instanceof Global) ||
    !(args instanceof Tuple) ||
    !Object.hasOwn(CALLS, callable.name)
  ) {
    throw malformed('a call of something that cannot be called', offset);
  }
  return CALLS[callable.name](args.items, offset);
}

/** The storage that a persistent id `('storage', type, key, location, length)` names. */
export function resolveStorage(id: PickleValue, offset: number): StorageRef {
  const [tag, type, key, , length, view = null] = id instanceof Tuple ? id.items : [];
  const element =
    type instanceof Global && Object.hasOwn(STORAGES, type.name) ? STORAGES[type.name] : undefined;
  if (
    tag !== 'storage' ||
    element === undefined ||
    typeof key !== 'string' ||
    !isCount(length) ||
    view !== null
  ) {
    throw malformed('a reference that is not a storage', offset);
  }
  return new StorageRef(key, element, length);
}

/** `(storage, offset, size, stride, requires_grad, backward_hooks, metadata)`, as PyTorch's own function takes them. */
function rebuildTensor(args: readonly PickleValue[], offset: number): TensorRef {
  const [storage, start, sizes, steps] = args;
  if (!(storage instanceof StorageRef) || !(sizes instanceof Tuple) || !(steps instanceof Tuple)) {
    throw malformed('a tensor without storage, sizes and strides', offset);
  }
  const { shape, size } = checkShape(sizes.items, FORMAT, 'a tensor');
  const strides = steps.items;
  if (!isCount(start) || strides.length !== shape.length || !strides.every(isCount)) {
    throw malformed('a tensor with an impossible offset or strides', offset);
  }
  let last = start;
  for (let axis = 0; axis < shape.length; axis++) last += (shape[axis] - 1) * strides[axis];
  if (size > 0 ? !(last < storage.length) : start > storage.length) {
    throw new FormatError(FORMAT, 'a tensor reaches past the end of its storage', {
      offset,
      args: { shape, strides, start, 'storage length': storage.length },
    });
  }
  return new TensorRef(storage, start, shape, strides, size);
}

/** The error for a pickle that says something that PyTorch never writes. */
export function malformed(what: string, offset: number): FormatError {
  return new FormatError(FORMAT, `the pickle has ${what}`, {
    offset,
    hint: 'the file is damaged or was not written by torch.save',
  });
}
