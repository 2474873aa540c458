import { readFileSync } from 'node:fs';
import * as tensorPackage from '@dl/tensor';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as nn from '../src/index';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);
const packages: Record<string, object> = { '@dl/nn': nn, '@dl/tensor': tensorPackage };

/** Turns `expression; // value` into a comparison, and imports into look-ups. */
function runnable(example: string): string {
  const checked = example
    .replace(/^import type .+$/gm, '')
    .replace(/^(\S.*); \/\/ (.+)$/gm, 'check($1, $2);')
    .replace(/^import \{(.+)\} from '(.+)';$/gm, "const {$1} = packages['$2'];");
  return ts.transpile(checked, { target: ts.ScriptTarget.ES2022 });
}

it.each(examples)('README example %#', (example) => {
  let checks = 0;
  const check = (found: unknown, value: unknown) => {
    checks++;
    expect(found).toEqual(value);
  };
  new Function('packages', 'check', runnable(example))(packages, check);
  expect(checks).toBeGreaterThan(2);
});

it('shows the table that summary makes, and every name that is exported', () => {
  const { Dropout, Linear, ReLU, Sequential, summary } = nn;
  class Net extends nn.Module {
    layers = new Sequential(new Linear(4, 16), new ReLU(), new Dropout(0.2), new Linear(16, 3));
    forward(x: tensorPackage.Tensor): tensorPackage.Tensor {
      return this.layers.forward(x);
    }
  }
  expect(readme).toContain(
    `\`\`\`text\n${summary(new Net(), tensorPackage.zeros([1, 4]))}\n\`\`\``,
  );
  const classes = Object.entries(nn).filter(([, value]) => typeof value === 'function');
  for (const [name] of classes.filter(([name]) => /^[A-Z]/.test(name)))
    expect(readme).toContain(`\`${name}\``);
  for (const name of Object.keys(nn.init).filter((name) => name !== 'fans'))
    expect(readme).toContain(`${name}\``);
});
