// The quickest look at a mutant: the conformance suite of `cpu`, until the first case that fails. mutate.mjs bundles and runs it; its
// argument names operations (a|b|c), by default all.
import { vjp } from '../../packages/autograd/src/index';
import { conformance, conformanceGroups } from '../../packages/testing/src/index';

const wanted = (process.argv[2] ?? '').split('|').filter(Boolean);
const all = Object.values(conformanceGroups).flat();
const ops = wanted.length > 0 ? all.filter((op) => wanted.includes(op)) : all;
for (const { run } of conformance('cpu', {
  ops,
  vjp,
  dtypes: ['float32', 'float64', 'int32', 'bool'],
})) {
  try {
    run();
  } catch {
    process.exit(1);
  }
}
process.exit(0);
