/** Reading the files that torch.save writes: since 1.6 a ZIP archive of one pickle and the bytes of each storage. */

import type { TypedArray } from '@dl/tensor';
import type { ConvertOptions } from '../elements';
import { decodeElements, elementBytes } from '../elements';
import { FormatError, quote } from '../errors';
import type { Reading } from '../reading';
import { readMemory, take } from '../reading';
import { takes } from '../signatures';
import { gather } from '../strided';
import type { DecodeOptions, Make } from '../tensors';
import { makingTensors } from '../tensors';
import type { ArchiveLimits, ZipEntry } from '../zip';
import { readZipDirectory, readZipMember } from '../zip';
import type { TorchValue } from './convert';
import { convert } from './convert';
import { beginsAsLegacy, openLegacy } from './legacy';
import type { StorageRef, TensorRef } from './objects';
import { FORMAT } from './objects';
import type { Source, StorageReader } from './source';
import { unpickle } from './unpickle';

/** A pickle holds names and layouts only; 100,000 tensors take some 30 MB. */
const MAX_PICKLE_BYTES = 64 * 2 ** 20;
/** torch.save does not compress; a pickle that somebody else has compressed repeats itself less than this. */
const MAX_PICKLE_EXPANSION = 100;

/** Options of `decodeTorch`. */
export interface TorchOptions extends DecodeOptions, TorchLimits {}

/** The bounds on memory. */
export interface TorchLimits extends ArchiveLimits {
  /**
   * The most elements of all tensors together. Views that share a storage in PyTorch are copies here, so that a small file could
   * ask for any amount; default 16 million and 4 for each byte of the file.
   */
  readonly maxElements?: number;
}

interface Archive {
  readonly entries: Map<string, ZipEntry>;
  /** The folder that holds everything, with its slash. */
  readonly prefix: string;
  readonly littleEndian: boolean;
  readonly size: number;
}

/** Reads a PyTorch file of `size` bytes: the pickle first, then each storage that it uses once. */
export function* readTorch<T>(
  size: number,
  make: Make<T>,
  options: ConvertOptions & TorchLimits = {},
): Reading<TorchValue<T>> {
  const [first] = yield* take(0, 4, { format: FORMAT, what: 'the signature', size });
  const { value, readStorage } = yield* beginsAsLegacy(first)
    ? openLegacy(size)
    : openZip(size, options);
  const refs = new Set<TensorRef>();
  convert(value, (ref) => refs.add(ref) && ref);
  checkTotal(refs, options.maxElements ?? 2 ** 24 + 4 * size);
  const tensors = yield* readTensorRefs(refs, readStorage, make, options);
  return convert(value, (ref) => tensors.get(ref.identity) as T);
}

function* openZip(size: number, limits: ArchiveLimits): Reading<Source> {
  const archive = yield* openArchive(size, limits);
  const pickle = archive.entries.get(`${archive.prefix}data.pkl`) as ZipEntry;
  if (pickle.size > Math.min(MAX_PICKLE_BYTES, MAX_PICKLE_EXPANSION * pickle.compressed)) {
    throw new FormatError(FORMAT, 'the pickle is too long to be true', {
      args: { bytes: pickle.size },
    });
  }
  const value = unpickle(yield* readZipMember(pickle, size));
  return { value, readStorage: (storage, options) => readMember(storage, archive, options) };
}

function* openArchive(size: number, limits: ArchiveLimits): Reading<Archive> {
  const entries = yield* readZipDirectory(size, limits);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new FormatError(FORMAT, `the archive has ${pickles.length} members called data.pkl`, {
      expected: 'one',
      hint: 'this is not a file that torch.save wrote',
    });
  }
  const prefix = pickles[0].slice(0, -'data.pkl'.length);
  return {
    entries,
    prefix,
    size,
    littleEndian: yield* readByteOrder(entries.get(`${prefix}byteorder`), size),
  };
}

/** PyTorch since 2.1 says in which byte order it wrote; before that it was that of the machine, little-endian in practice. */
function* readByteOrder(entry: ZipEntry | undefined, size: number): Reading<boolean> {
  if (!entry || entry.size > 16) return true;
  const order = new TextDecoder().decode(yield* readZipMember(entry, size));
  if (order !== 'little' && order !== 'big') {
    throw new FormatError(FORMAT, `the byte order ${quote(order)} is not known`, {
      expected: 'little or big',
    });
  }
  return order === 'little';
}

function checkTotal(refs: Iterable<TensorRef>, most: number): void {
  const sizes = new Map<string, number>();
  for (const ref of refs) sizes.set(ref.identity, ref.size);
  let total = 0;
  for (const size of sizes.values()) total += size;
  if (total > most) {
    throw new FormatError(FORMAT, 'the tensors have more elements than such a file should', {
      args: { elements: total },
      expected: `at most ${most}`,
      hint: 'views that share or repeat elements are copied; pass { maxElements } if you trust the file',
    });
  }
}

/** Makes each distinct tensor, storage by storage, so that one storage at a time is held. */
function* readTensorRefs<T>(
  refs: Iterable<TensorRef>,
  readStorage: StorageReader,
  make: Make<T>,
  options: ConvertOptions,
): Reading<Map<string, T>> {
  const byStorage = new Map<string, TensorRef[]>();
  for (const ref of refs) {
    const { key, type, length } = ref.storage;
    const id = JSON.stringify([key, type, length]);
    const group = byStorage.get(id);
    if (group) group.push(ref);
    else byStorage.set(id, [ref]);
  }
  const tensors = new Map<string, T>();
  for (const group of byStorage.values()) {
    const { dtype, data } = yield* readStorage(group[0].storage, options);
    for (const ref of group) {
      if (tensors.has(ref.identity)) continue;
      tensors.set(
        ref.identity,
        make({ dtype, shape: ref.shape, data: gather<TypedArray>(data, ref, ref.size) }),
      );
    }
  }
  return tensors;
}

function* readMember(
  { key, type, length }: StorageRef,
  { entries, prefix, littleEndian, size }: Archive,
  options: ConvertOptions,
): Reading<ReturnType<typeof decodeElements>> {
  const entry = entries.get(`${prefix}data/${key}`);
  if (!entry) throw new FormatError(FORMAT, `the storage ${quote(key)} is not in the archive`);
  if (entry.size !== length * elementBytes(type)) {
    throw new FormatError(
      FORMAT,
      `the storage ${quote(key)} does not have the length that the pickle claims`,
      {
        args: { type, length, bytes: entry.size },
        expected: `${length * elementBytes(type)} bytes`,
      },
    );
  }
  const bytes = yield* readZipMember(entry, size);
  return decodeElements(
    { type, bytes, littleEndian, format: FORMAT, name: `storage ${key}` },
    options,
  );
}

/** As `readTorch`, into tensors. */
export function readTorchTensors(size: number, options: TorchOptions): Reading<TorchValue> {
  return makingTensors(options, (make) => readTorch(size, make, options));
}

/**
 * Reads a `.pt` or `.pth` file of PyTorch, also of versions before 1.6, without running any of it: only tensors, parameters, `torch.Size`,
 * dicts, `OrderedDict`s, lists, tuples, text, numbers, booleans and None are allowed, everything else is refused by name.
 *
 * Elements convert as in `decodeSafetensors`. Strided views are copied row-major; tensors that are the same view of one storage
 * (tied weights) are one tensor here too. Devices and `requires_grad` in the file are ignored.
 *
 * Differs from `torch.load(…, weights_only=True)` in refusing complex, quantised and sparse tensors.
 *
 * @param bytes - the whole file.
 * @param options - `device` (default: the default device), `wideIntegers` (default `'error'`), `maxElements`, `maxBytes`.
 * @returns the saved value; see `torchStateDict` for its tensors by name.
 * @throws FormatError where the file is damaged, hostile, or holds something else than named above.
 * @example
 * const checkpoint = decodeTorch(bytes);
 * model.loadStateDict(torchStateDict(checkpoint, 'model'));
 */
export function decodeTorch(bytes: Uint8Array, options: TorchOptions = {}): TorchValue {
  takes('decodeTorch', arguments);
  return readMemory(bytes, readTorchTensors(bytes.length, options));
}
