import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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

/** So long a line of a published bundle may get, about: what a stack trace prints of it must stay legible. */
const LINE = 120;

/** What a package's build may ask for. */
interface PackageOptions {
  /** Source files, without `.ts`, that become files of their own in `dist`, under these names, instead of parts of a bundle. */
  alone?: Record<string, string>;
}

/**
 * The build of the published package in the working directory, as its `exports` describe it: ES
 * modules and CommonJS. Names stay as they are, white space goes but for line breaks: a fifth of what is installed. They are
 * published without source maps, which would treble the package; the maps are for the check that no other
 * package was bundled in. `tsup` writes the JavaScript, `tsup --dts-only` the types: whole ones for CommonJS, and ones for
 * ES modules that point at them, so that a type is declared once.
 * Dependencies, other @dl packages among them, stay imports: a program must hold one copy of
 * @dl/tensor. Several entries share chunks for the same reason; tsup's chunks of CommonJS have no
 * usable source maps, so those are left out.
 */
export function packageBuild({ alone = {} }: PackageOptions = {}) {
  const entry = publishedEntries();
  const shared = Object.keys(entry).length > 1;
  const separate = Object.entries(alone).map(([name, source]) => [name, `${source}.ts`]);
  const build = (format: 'esm' | 'cjs'): Options => ({
    ...common,
    format,
    entry: { ...entry, ...Object.fromEntries(separate) },
    platform: 'neutral',
    splitting: shared,
    esbuildPlugins: [stayAlone(alone, format === 'esm' ? '.js' : '.cjs')],
    esbuildOptions(options) {
      options.minifyWhitespace = true;
      options.lineLimit = LINE;
      // No comment that names a file which is not published.
      if (options.sourcemap) options.sourcemap = 'external';
    },
  });
  return defineConfig((flags) => {
    // `--dts-only` would replace a `dts` returned here, so the banner joins the flag.
    if (typeof flags.dts === 'object') {
      flags.dts.banner = typesBanner;
      pointAtTypes(Object.keys(entry));
      return { ...common, entry, format: 'cjs' };
    }
    return [build('esm'), { ...build('cjs'), sourcemap: !shared }];
  });
}

/** Writes the types of ES modules: all that those of CommonJS have. */
function pointAtTypes(names: readonly string[]): void {
  for (const name of names) {
    const file = join('dist', `${name}.d.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export * from './${name.split('/').at(-1)}.cjs';\n`);
  }
}

/** Imports of the files that stand alone stay imports, of what they are called in `dist`. */
function stayAlone(alone: Record<string, string>, extension: string) {
  const names = new Map(
    Object.entries(alone).map(([name, source]) => [resolve(source), `./${name}${extension}`]),
  );
  const plugin: NonNullable<Options['esbuildPlugins']>[number] = {
    name: 'stay-alone',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ kind, resolveDir, path }) => {
        const name = names.get(resolve(resolveDir, path));
        return kind === 'entry-point' || name === undefined ? null : { path: name, external: true };
      });
    },
  };
  return plugin;
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
