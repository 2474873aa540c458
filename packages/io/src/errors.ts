/** The error of every reader in this package. */

import type { ErrorDetails } from '@dl/tensor';
import { DLError } from '@dl/tensor';

/** Where a file is wrong, beside what every `DLError` says. */
export interface FormatErrorDetails extends ErrorDetails {
  /** The file's path, where the reader knows it. */
  readonly file?: string;
  /** The byte in the file (or in the archive's member) at which the problem lies. */
  readonly offset?: number;
}

/**
 * A file that is damaged, hostile, or holds something that this package does not read. It is thrown before memory is
 * taken for what the file claims to hold.
 *
 * @example
 * try { decodeSafetensors(bytes); } catch (error) {
 *   if (error instanceof FormatError) console.error(error.message, error.offset);
 * }
 */
export class FormatError extends DLError {
  override name = 'FormatError';
  /** The format that was being read: `safetensors`, `npy`, `npz`, `zip` or `torch`. */
  readonly format: string;
  /** The problem in one sentence, without format, file and hint. */
  readonly problem: string;
  /** The file's path, where the reader knows it. */
  readonly file: string | undefined;
  /** The byte in the file, or in the archive's member, at which the problem lies. */
  readonly offset: number | undefined;

  /** An error about a file of `format`; `details` say where in the file and what was expected. */
  constructor(format: string, problem: string, details: FormatErrorDetails = {}) {
    const { file, offset, args, expected, hint } = details;
    const where = { ...(file !== undefined && { file }), ...(offset !== undefined && { offset }) };
    const shown = { ...where, ...args };
    super(format, problem, {
      ...(Object.keys(shown).length > 0 && { args: shown }),
      ...(expected !== undefined && { expected }),
      ...(hint !== undefined && { hint }),
    });
    this.format = format;
    this.problem = problem;
    this.file = file;
    this.offset = offset;
  }

  /** The same error with the file's path in its message. */
  inFile(file: string): FormatError {
    if (this.file !== undefined) return this;
    return located(this, file);
  }
}

/** Beside the class: a class that mentions itself is renamed `_FormatError` by esbuild. */
function located({ format, problem, details, offset }: FormatError, file: string): FormatError {
  return new FormatError(format, problem, {
    ...details,
    ...(offset !== undefined && { offset }),
    file,
  });
}

/** What the codes of the system mean, for those that people meet. */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something else is there already',
  EFBIG: 'too large for the file system',
  EIO: 'the device failed',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'the system does not allow it',
  EROFS: 'the file system can only be read',
};

/**
 * A file or folder that the system does not let be read or written: it is not there, the disk is full, rights are missing.
 *
 * @example
 * try { await loadSafetensors(path); } catch (error) {
 *   if (error instanceof FileError && error.code === 'ENOENT') console.error('train a model first');
 * }
 */
export class FileError extends DLError {
  override name = 'FileError';
  /** The file or folder. */
  readonly file: string;
  /** The system's code, for instance `ENOSPC`; undefined where it gave none. */
  readonly code: string | undefined;

  /** An error of `op`, which could not do `what` ("read", "write", …) to `file`, with the system's error as its cause. */
  constructor(op: string, what: string, file: string, cause: unknown) {
    const code = codeOf(cause);
    const reason =
      code === undefined ? String(cause) : `${code}, ${MEANINGS[code] ?? 'see its cause'}`;
    super(op, `cannot ${what} ${file}: ${reason}`);
    this.file = file;
    this.code = code;
    this.cause = cause;
  }
}

/** The code of an error that the operating system gave; undefined for every other error. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && 'errno' in error ? error.code : undefined;
}

/** A name from a file, quoted and cut so that a message stays readable. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
