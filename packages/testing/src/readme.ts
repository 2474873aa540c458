/** Running the TypeScript examples of a Markdown page. */

import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';

/** How `testExamples` runs a page. */
export interface ExampleOptions {
  /** What `import { … } from 'name'` finds, by name. */
  readonly packages: Readonly<Record<string, object>>;
  /** Strings of the examples that stand for paths, replaced in the code. Default none. */
  readonly paths?: () => Readonly<Record<string, string>>;
  /** Runs before each example. */
  readonly before?: () => void;
  /** Runs after each example, with its text. */
  readonly after?: (example: string) => void;
}

/** Turns `expression; // value` into a comparison, and imports into look-ups. */
function runnable(example: string, paths: Readonly<Record<string, string>>): string {
  const checked = example
    .replace(/^import type .+$/gm, '')
    .replace(/^(?!const |let |import )(\S.*); \/\/ (.+)$/gm, 'check($1, $2);')
    .replace(/^import '.+';$/gm, '')
    .replace(/^import \{([^}]+)\} from '(.+)';$/gm, "const {$1} = packages['$2'];");
  const placed = Object.entries(paths).reduce(
    (code, [name, path]) => code.replaceAll(`'${name}'`, JSON.stringify(path)),
    checked,
  );
  return ts.transpile(placed, { target: ts.ScriptTarget.ES2022 });
}

/**
 * One test for each `ts` block of a Markdown page: it runs, and every line `expression; // value` has that value. A block
 * without such a line fails, since it would prove nothing.
 *
 * @param page - the page's URL.
 */
export function testExamples(page: URL, { packages, paths, before, after }: ExampleOptions): void {
  const text = readFileSync(page, 'utf8');
  const examples = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);
  it.each(examples)(
    `${page.pathname.split('/').slice(-2).join('/')}, example %#`,
    async (example) => {
      let checks = 0;
      const check = (found: unknown, value: unknown) => {
        checks++;
        expect(found).toEqual(value);
      };
      before?.();
      const code = `return (async () => {${runnable(example, paths?.() ?? {})}})();`;
      await new Function('packages', 'check', code)(packages, check);
      expect(checks).toBeGreaterThan(0);
      after?.(example);
    },
  );
}
