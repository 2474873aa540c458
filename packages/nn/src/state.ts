/** Whether a state dict fits a module. */

import type { Tensor } from '@dl/tensor';
import { DLError, sameShape } from '@dl/tensor';

/** A state dict that does not fit; lists everything that is wrong at once. */
export class StateDictError extends DLError {
  override name = 'StateDictError';
  /** Names that the module has and the dict has not. */
  readonly missing: readonly string[];
  /** Names that the dict has and the module has not. */
  readonly unexpected: readonly string[];
  /** Names under which the two have different shapes. */
  readonly misshapen: readonly string[];

  /** Makes the error from the three lists. */
  constructor(
    missing: readonly string[],
    unexpected: readonly string[],
    misshapen: readonly string[],
  ) {
    const parts = [
      missing.length > 0 && `missing: ${missing.join(', ')}`,
      unexpected.length > 0 && `unexpected: ${unexpected.join(', ')}`,
      misshapen.length > 0 && `of another shape: ${misshapen.join(', ')}`,
    ].filter(Boolean);
    super('loadStateDict', `the state does not fit; ${parts.join('; ')}`, {
      hint: 'strict: false passes over missing and unexpected names',
    });
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshapen = misshapen;
  }
}

/** Options of `loadStateDict`. */
export interface LoadStateDictOptions {
  /** Refuse names that only one side has. Default true. */
  readonly strict?: boolean;
  /** Where the module's names begin in the dict, for instance 'module.'. Default ''. */
  readonly prefix?: string;
}

/** The entries whose names begin with `prefix`, without it. */
export function withoutPrefix(
  state: Readonly<Record<string, Tensor>>,
  prefix: string,
): Record<string, Tensor> {
  const names = Object.keys(state).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), state[name]]));
}

/** Refuses a state dict that does not fit. */
export function checkStateDict(
  own: Readonly<Record<string, Tensor>>,
  state: Readonly<Record<string, Tensor>>,
  strict: boolean,
): void {
  const names = Object.keys(own);
  const missing = names.filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !Object.hasOwn(own, name));
  const misshapen = names
    .filter((name) => Object.hasOwn(state, name) && !sameShape(own[name].shape, state[name].shape))
    .map(
      (name) => `${name} [${own[name].shape.join(', ')}], not [${state[name].shape.join(', ')}]`,
    );
  if (misshapen.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw new StateDictError(strict ? missing : [], strict ? unexpected : [], misshapen);
  }
}
