/** Compiles the kernels: with relaxed SIMD where the engine has it, otherwise with plain SIMD. */

import { inflateSync } from 'fflate';
import { environment, setV8Flag, v8Version } from '../../../core/host';
import { relaxed, simd } from '../binaries';
import type { Memory } from './engine';
import { engine } from './engine';
import type { KernelExports } from './exports';
import { applyPatch } from './patch';

/** The name of a compiled kernel. */
export type KernelName = keyof KernelExports;
/** What a kernel is called with, in order. */
export type KernelArguments<K extends KernelName = KernelName> = Readonly<
  Parameters<KernelExports[K]>
>;

/** The compiled kernels. */
export interface Module {
  /** The functions of assembly/index.ts. */
  readonly kernels: KernelExports;
  /** The compiled code, for instances in other threads. */
  readonly code: object;
}

/** What is inlined as base64 of deflated bytes. */
function decode(base64: string): Uint8Array {
  return inflateSync(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

/** The V8 flag that fuses pairs of 128-bit operations to 256 bits where the processor has them. */
const WIDE = 'experimental-wasm-revectorize';

/**
 * Whether the program asked for 256-bit vectors (environment variable DL_WIDE_VECTORS=1) and the engine may have them: V8 from
 * version 13, which comes with Node 24.
 */
export function wantsWideVectors(): boolean {
  return environment('DL_WIDE_VECTORS') === '1' && v8Version() >= 13;
}

/** Switches 256-bit vectors on or off for what is compiled from now on. */
export function setWideVectors(on: boolean): void {
  setV8Flag(on ? WIDE : `no-${WIDE}`);
}

/** The bytes of the best module that this engine takes, or null without SIMD or shared memory. */
function chooseBytes(): Uint8Array | null {
  if (!engine) return null;
  let bytes = decode(relaxed);
  if (engine.validate(bytes)) return bytes;
  // Node 20 has relaxed SIMD behind a flag that works until the first module is compiled with it.
  if (v8Version() === 11 && setV8Flag('experimental-wasm-relaxed-simd') && engine.validate(bytes)) {
    return bytes;
  }
  bytes = applyPatch(bytes, decode(simd));
  return engine.validate(bytes) ? bytes : null;
}

/** Instantiates the kernels on the memory that `reserve` makes; null where the engine cannot. */
export function loadModule(reserve: () => Memory): Module | null {
  const bytes = chooseBytes();
  if (!bytes || !engine) return null;
  try {
    const code = new engine.Module(bytes);
    const env = { memory: reserve(), abort() {} };
    const { exports } = new engine.Instance(code, { env });
    const functions = Object.entries(exports).filter(([, value]) => typeof value === 'function');
    return { kernels: Object.fromEntries(functions) as unknown as KernelExports, code };
  } catch {
    return null;
  }
}
