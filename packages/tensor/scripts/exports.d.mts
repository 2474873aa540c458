/** The text of src/backend/wasm/module/exports.ts, from the sources of the kernels. */
export function declareExports(): string;
