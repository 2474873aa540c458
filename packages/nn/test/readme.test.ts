import { readFileSync } from 'node:fs';
import * as tensorPackage from '@dl/tensor';
import { testExamples } from '@dl/testing/readme';
import { expect, it } from 'vitest';
import * as nn from '../src/index';

const page = new URL('../README.md', import.meta.url);
const readme = readFileSync(page, 'utf8');

testExamples(page, { packages: { '@dl/nn': nn, '@dl/tensor': tensorPackage } });

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
