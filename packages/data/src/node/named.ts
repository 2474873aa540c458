/** Data sets by name: downloaded once, checked, and kept. */

import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { DataError } from '../errors';
import { takes } from '../signatures';
import { loadCifar10 } from './cifar';
import type { Checksum, DownloadOptions } from './download';
import { cacheFolder, download } from './download';
import { makeFolder } from './files';
import type { Split } from './mnist';
import { loadMnist } from './mnist';

/** A file of a data set. */
interface Remote {
  readonly name: string;
  readonly checksum: Checksum;
}

/** A data set that `loadNamed` knows. */
interface Named {
  readonly url: string;
  readonly files: readonly Remote[];
  /** The folder inside an archive whose files are wanted. */
  readonly archive?: string;
  load(folder: string): Promise<Split>;
}

const sha256 = (digest: string): Checksum => ({ algorithm: 'sha256', digest });
const md5 = (digest: string): Checksum => ({ algorithm: 'md5', digest });

const SETS = {
  mnist: {
    url: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        checksum: md5('f68b3c2dcbeaaa9fbdd348bbdeb94873'),
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        checksum: sha256('3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'),
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        checksum: sha256('8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'),
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        checksum: sha256('f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'),
      },
    ],
    load: loadMnist,
  },
  'fashion-mnist': {
    url: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    files: [
      { name: 'train-images-idx3-ubyte.gz', checksum: md5('8d4fb7e6c68d591d4c3dfef9ec88bf0d') },
      { name: 'train-labels-idx1-ubyte.gz', checksum: md5('25c81989df183df01b3e8a0aad5dffbe') },
      { name: 't10k-images-idx3-ubyte.gz', checksum: md5('bef4ecab320f06d8554ea6380940ec79') },
      { name: 't10k-labels-idx1-ubyte.gz', checksum: md5('bb300cfdad3c16e7a12a480ee83cd310') },
    ],
    load: loadMnist,
  },
  cifar10: {
    url: 'https://www.cs.toronto.edu/~kriz/',
    files: [{ name: 'cifar-10-binary.tar.gz', checksum: md5('c32a1d4ab5d03f1284b67883e8d87530') }],
    archive: 'cifar-10-batches-bin/',
    load: loadCifar10,
  },
} as const satisfies Record<string, Named>;

/** The names that `loadNamed` knows. */
export type DatasetName = keyof typeof SETS;

/** Options of `loadNamed`. */
export interface LoadNamedOptions extends Omit<DownloadOptions, 'checksum'> {
  /** A folder with the files; then nothing is downloaded. */
  readonly folder?: string;
  /** Where downloaded files are kept, in a folder of the set's name. Default `cacheFolder()`. */
  readonly cache?: string;
  /** A mirror. Default the publisher's address. */
  readonly url?: string;
}

/**
 * A well-known data set: from a folder, from the cache, or from the network. MNIST 12 MB, Fashion-MNIST 31 MB, CIFAR-10 170 MB.
 *
 * @throws DataError where a file does not arrive or is not what it should be.
 * @example const { train, test } = await loadNamed('mnist');
 */
export async function loadNamed(name: DatasetName, options: LoadNamedOptions = {}): Promise<Split> {
  takes('loadNamed', arguments);
  const { folder, cache = cacheFolder(), url, ...rest } = options;
  const set: Named | undefined = Object.hasOwn(SETS, name) ? SETS[name] : undefined;
  if (!set) {
    throw new DataError('loadNamed', `there is no data set "${name}"`, {
      expected: Object.keys(SETS).join(', '),
    });
  }
  if (folder) return set.load(folder);
  const own = join(cache, name);
  const ready = join(own, 'ready');
  if (set.archive && existsSync(ready)) return set.load(ready);
  for (const file of set.files) {
    const path = join(own, file.name);
    await download(new URL(file.name, url ?? set.url), path, {
      ...rest,
      checksum: file.checksum,
    });
    if (set.archive) await unpackArchive(path, set.archive, ready);
  }
  return set.load(set.archive ? ready : own);
}

/** Writes the files of one folder of an archive into `target`, which appears when it is complete. */
export async function unpackArchive(path: string, inside: string, target: string): Promise<void> {
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  makeFolder('loadNamed', part);
  const entries = await parseTarGzip(await readFile(path)).catch((error: Error) => {
    throw new DataError('loadNamed', `${basename(path)} does not unpack: ${error.message}`);
  });
  for (const { name, data, type } of entries) {
    // Only plain files directly inside: a name cannot lead out of the folder.
    if (!name.startsWith(inside) || type === 'directory' || !data) continue;
    await writeFile(join(part, basename(name)), data);
  }
  await rename(part, target);
}
