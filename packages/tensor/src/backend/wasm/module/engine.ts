/** The part of the host's WebAssembly that is used here; neither Node's types nor the language's own describe it. */

/** A linear memory; its buffer is shared, which makes no difference to views of it. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  /** Grows by `pages` of 64 KiB; throws where the host has no room. */
  grow(pages: number): number;
}

/** The host's `WebAssembly`. */
export interface Engine {
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  validate(bytes: Uint8Array): boolean;
}

/** The host's `WebAssembly`, or undefined where there is none. */
export const engine: Engine | undefined = (globalThis as { WebAssembly?: Engine }).WebAssembly;
