/** The steps that make `target` of `base`, see `applyPatch` in src/backend/wasm/module/patch.ts. */
export declare function makePatch(base: Buffer, target: Buffer): Buffer;
