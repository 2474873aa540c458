import { defineConfig } from 'tsup';

/**
 * The build of one published package: ES modules and CommonJS with source maps. `tsup` writes the
 * JavaScript, `tsup --dts-only` the types. Dependencies, other @dl packages among them, stay
 * imports: a program must hold one copy of @dl/tensor. Several entries share chunks for the same reason.
 */
export function packageBuild(entry: string[] = ['src/index.ts']) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    external: [/^@dl\//, /^node:/],
    removeNodeProtocol: false,
    splitting: true,
    sourcemap: true,
    clean: false,
  });
}

/** The build of an application: ES modules for Node, no types. */
export function appBuild(entry: string[]) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    external: [/^@dl\//],
    removeNodeProtocol: false,
    sourcemap: true,
    clean: false,
  });
}
