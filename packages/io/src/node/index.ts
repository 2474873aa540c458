/** Files on disk; `@dl/io/node`. */

export { makeFolder } from './folder';
export { loadNpy, loadNpz, loadTorch, saveNpy, saveNpz } from './load';
export { loadSafetensors, readSafetensorsHeader, saveSafetensors } from './safetensors';
export { writeFileAtomic } from './write';
