import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

// Every code block of the pages is a module that the compiler accepts, as strict as the packages themselves.

const docs = new URL('../../../docs/', import.meta.url);
const guides = readdirSync(new URL('guide/', docs)).map((name) => `guide/${name}`);
const pages = ['index.md', 'from-pytorch.md', 'zoo.md', '../CONTRIBUTING.md', ...guides];
const here = fileURLToPath(new URL('.', import.meta.url));

it('the code blocks of the site have right types', () => {
  const blocks = new Map<string, string>();
  for (const page of pages) {
    const text = readFileSync(new URL(page, docs), 'utf8');
    const found = [...text.matchAll(/```ts\n([\s\S]*?)```/g)];
    found.forEach(([, code], i) => {
      // In this folder, so that the packages are found; nothing is written.
      blocks.set(`${here}${page.replace(/\W+/g, '-')}-${i}.block.ts`, `${code}\nexport {};\n`);
    });
  }
  const { config } = ts.readConfigFile(`${here}../tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, `${here}..`);
  const settings = { ...options, noUnusedLocals: false, noUnusedParameters: false, noEmit: true };
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
  expect(blocks.size).toBeGreaterThan(15);
  expect(wrong).toEqual([]);
});
