import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

const common: Options = {
  target: 'es2022',
  external: [/^@dl\//, /^node:/],
  removeNodeProtocol: false,
  sourcemap: true,
  clean: false,
};

/** Tensors can be declared with `using`, whose types are in no library that TypeScript loads by default. */
const typesBanner = '/// <reference lib="esnext.disposable" />';

/**
 * The build of the published package in the working directory, as its `exports` describe it: ES
 * modules and CommonJS. Names stay as they are, white space goes: a fifth of what is installed. They are published without
 * source maps, which would treble the package; the maps are for the check that no other
 * package was bundled in. `tsup` writes the JavaScript, `tsup --dts-only` the types.
 * Dependencies, other @dl packages among them, stay imports: a program must hold one copy of
 * @dl/tensor. Several entries share chunks for the same reason; tsup's chunks of CommonJS have no
 * usable source maps, so those are left out.
 */
export function packageBuild() {
  const entry = publishedEntries();
  const shared = Object.keys(entry).length > 1;
  const build: Options = {
    ...common,
    entry,
    platform: 'neutral',
    esbuildOptions(options) {
      options.minifyWhitespace = true;
      // No comment that names a file which is not published.
      if (options.sourcemap) options.sourcemap = 'external';
    },
  };
  return defineConfig((flags) => {
    // `--dts-only` would replace a `dts` returned here, so the banner joins the flag.
    if (typeof flags.dts === 'object') flags.dts.banner = typesBanner;
    return [
      { ...build, format: 'esm', splitting: shared },
      { ...build, format: 'cjs', splitting: shared, sourcemap: !shared },
    ];
  });
}

/** The build of an application: an ES module for Node for each entry, no types. */
export function appBuild(...entry: string[]) {
  return defineConfig({ ...common, entry, format: 'esm', platform: 'node' });
}

/** What `exports` in package.json says of one entry. */
interface Export {
  '@dl/source'?: string;
  import: { default: string };
}

/** `{index: 'src/index.ts'}` and so on: for each exported file of `dist`, its source. */
function publishedEntries(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  const entries: Record<string, string> = {};
  for (const target of Object.values<Export>(exports)) {
    const source = target['@dl/source'];
    if (source) entries[target.import.default.replace(/^\.\/dist\/|\.js$/g, '')] = source;
  }
  return entries;
}
