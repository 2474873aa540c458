import { packageBuild } from '../../tools/config/tsup.ts';

// The WebAssembly binaries stand in a file of their own, so that no stack trace prints them.
export default packageBuild({ alone: { kernels: 'src/backend/wasm/binaries' } });
