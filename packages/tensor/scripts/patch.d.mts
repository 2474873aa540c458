/** The steps that make `target` of `base`, see `applyPatch` in src/backend/wasm/patch.ts. */
export declare function makePatch(base: Buffer, target: Buffer): Buffer;
