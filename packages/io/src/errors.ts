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
    return new FormatError(this.format, this.problem, {
      ...this.details,
      ...(this.offset !== undefined && { offset: this.offset }),
      file,
    });
  }
}

/** A name from a file, quoted and cut so that a message stays readable. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
