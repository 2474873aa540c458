/** What the host offers beside the language: Node's built-in modules and V8's flags, where there are any. */

interface Host {
  readonly process?: {
    readonly versions?: { readonly v8?: string; readonly bun?: string };
    readonly env?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(name: string): unknown;
  };
}

const { process } = globalThis as Host;

/** A built-in module of Node, Deno or Bun, such as `node:v8`; undefined in browsers. It needs no import, so no bundler stumbles. */
export function builtinModule<T>(name: `node:${string}`): T | undefined {
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/** An environment variable; undefined in browsers, and where reading it is not permitted. */
export function environment(name: string): string | undefined {
  try {
    return process?.env?.[name];
  } catch {
    return undefined;
  }
}

/** The major version of V8 under Node and Deno; 0 on other engines, Bun's among them, which only names a version of V8. */
export function v8Version(): number {
  const { v8, bun } = process?.versions ?? {};
  return bun === undefined ? Number.parseInt(v8 ?? '0', 10) : 0;
}

/**
 * Sets a flag of V8 for what is compiled from now on.
 *
 * @param flag - without the dashes in front, such as `no-opt`. V8 prints a line for a flag that it does not know, so ask
 *   `v8Version` first where a flag is new or gone.
 * @returns whether the host took it: false in browsers, in Bun, and where a policy forbids it.
 */
export function setV8Flag(flag: string): boolean {
  if (v8Version() === 0) return false;
  try {
    const v8 = builtinModule<{ setFlagsFromString(flag: string): void }>('node:v8');
    v8?.setFlagsFromString(`--${flag}`);
    return v8 !== undefined;
  } catch {
    return false;
  }
}
