import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

// Every code block of the pages and of the packages' READMEs is a module that the strict compiler accepts.

const root = new URL('../../../', import.meta.url);
const guides = readdirSync(new URL('docs/guide/', root)).map((name) => `docs/guide/${name}`);
const site = ['docs/index.md', 'docs/from-pytorch.md', 'docs/zoo.md', ...guides];
const readmes = readdirSync(new URL('packages/', root)).map((name) => `packages/${name}/README.md`);
const pages = [...site, 'CONTRIBUTING.md', 'README.md', ...readmes];
const here = fileURLToPath(new URL('.', import.meta.url));

it('the code blocks of the site and of the READMEs have right types', () => {
  const blocks = new Map<string, string>();
  for (const page of pages) {
    const text = readFileSync(new URL(page, root), 'utf8');
    const found = [...text.matchAll(/```ts\n([\s\S]*?)```/g)];
    // In a folder from which the packages are found; nothing is written.
    found.forEach(([, code], i) => {
      blocks.set(`${here}${page.replace(/\W+/g, '-')}-${i}.block.ts`, `${code}\nexport {};\n`);
    });
  }
  const { config } = ts.readConfigFile(`${here}../tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, `${here}..`);
  const settings = {
    ...options,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noEmit: true,
  };
  const host = ts.createCompilerHost(settings);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => blocks.get(name) ?? readFile(name);
  host.fileExists = (name) => blocks.has(name) || fileExists(name);
  host.getSourceFile = (name, version, ...rest) => {
    const block = blocks.get(name);
    return block === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, block, version);
  };
  const program = ts.createProgram([...blocks.keys()], settings, host);
  const wrong = [...blocks.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    return ts.getPreEmitDiagnostics(program, source).map((diagnostic) => {
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
      const line = source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
      return `${name.replace(here, '')}: ${source?.text.split('\n')[line]}\n  ${message}`;
    });
  });
  expect(blocks.size).toBeGreaterThan(40);
  expect(wrong).toEqual([]);
});
