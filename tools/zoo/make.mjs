// Writes docs/zoo.md and the pictures in docs/zoo/: node tools/zoo/make.mjs, after pnpm build. Times are of one thread of this machine;
// where a Python with torchvision is found, its times are taken in turn with ours. Some minutes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../../apps/docs/package.json', import.meta.url));
const load = (name) => import(pathToFileURL(require.resolve(name).replace(/\.cjs$/, '.js')));
const { createModel, GoogLeNet, infer, ZOO, foldBatchNorm } = await load('@dl/cnn-zoo');
const { CrossEntropyLoss, drawModel, summary } = await load('@dl/nn');
const { SGD } = await load('@dl/optim');
const { manualSeed, randn, scope, setNumThreads, tensor } = await load('@dl/tensor');

setNumThreads(1);
const docs = new URL('../../docs/', import.meta.url);
mkdirSync(new URL('zoo/', docs), { recursive: true });
const fixture = JSON.parse(
  readFileSync(
    new URL('../../packages/cnn-zoo/test/fixtures/torchvision.json', import.meta.url),
    'utf8',
  ),
);

function median(run, count) {
  run();
  const times = Array.from({ length: count }, () => {
    const begun = performance.now();
    run();
    return performance.now() - begun;
  });
  return times.sort((a, b) => a - b)[count >> 1];
}

function measure(name, variant, size) {
  manualSeed(0);
  const lenet = name === 'lenet';
  const options = { variant, inChannels: lenet ? 1 : 3, classes: lenet ? 10 : 1000 };
  const model = createModel(name, options);
  const image = randn([1, options.inChannels, size, size]);
  const report = scope(() => summary(model, image));
  const optimizer = new SGD(model.parameters(), { lr: 1e-4, momentum: 0.9 });
  const loss = new CrossEntropyLoss();
  const [x, y] = [randn([2, options.inChannels, size, size]), tensor(Int32Array.of(1, 2))];
  const step = median(() => {
    optimizer.zeroGrad();
    scope(() => {
      if (!(model instanceof GoogLeNet)) return loss.forward(model.forward(x), y).backward();
      const { logits, aux1, aux2 } = model.forwardAll(x);
      const all = [logits, aux1, aux2].filter(Boolean).map((scores) => loss.forward(scores, y));
      all.reduce((a, b) => a.add(b)).backward();
    });
    optimizer.step();
  }, 3);
  const plain = median(() => infer(model, image).dispose(), 5);
  foldBatchNorm(model);
  const folded = median(() => infer(model, image).dispose(), 5);
  for (const p of Object.values(model.stateDict())) p.dispose();
  return { report, step, plain, folded };
}

const python = (name) => {
  const { status, stdout } = spawnSync(
    '/usr/bin/python3',
    [new URL('times.py', import.meta.url).pathname, name],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return status === 0 ? JSON.parse(stdout) : null;
};

// A process for each model: VGG with gradients and momentum takes gigabytes.
if (process.argv[2] === '--one') {
  const [name, variant] = process.argv.slice(3);
  const { report, ...times } = measure(name, variant, ZOO[name].imageSize);
  const title = `${ZOO[name].title}${variant === 'd2l' ? ', d2l' : ''}`;
  const { parameters, multiplyAdds } = report;
  console.log(
    JSON.stringify({
      ...times,
      parameters,
      multiplyAdds,
      title,
      svg: drawModel(report, { title }),
    }),
  );
  process.exit();
}

function one(name, variant) {
  const self = new URL(import.meta.url).pathname;
  const { stdout } = spawnSync(process.execPath, [self, '--one', name, variant], {
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

const count = (n) => n.toLocaleString('en-US');
const ms = (t) => (t < 10 ? t.toFixed(1) : t.toFixed(0));
const rows = [];
const pictures = [];
for (const [name, entry] of Object.entries(ZOO)) {
  for (const variant of entry.variants) {
    const { svg, title, parameters, multiplyAdds, step, plain, folded } = one(name, variant);
    const peer = variant === 'torchvision' ? python(name) : null;
    const file = `zoo/${name}-${variant}.svg`;
    writeFileSync(new URL(file, docs), `${svg}\n`);
    if (variant === entry.variants[0]) pictures.push(`![${title}](./${file})`);
    rows.push(
      `| \`${name}\` | ${variant === 'd2l' ? 'd2l' : 'torchvision'} | ${count(parameters)} | ${count(multiplyAdds)} | ${ms(plain)} | ${ms(folded)} | ${peer ? ms(peer.infer) : '–'} | ${ms(step)} | ${peer ? ms(peer.step) : '–'} |`,
    );
    console.log(rows.at(-1));
  }
}

writeFileSync(
  new URL('zoo.md', docs),
  `# The zoo

The networks of Dive into Deep Learning and of torchvision, with the same names, numbers and weights: logits of all ${Object.keys(fixture.models).length} models of torchvision equal
PyTorch's to 10⁻⁴ of the largest, from the same weights, and the networks of Dive into Deep Learning equal that book's code in PyTorch as closely.

<ZooDemo />

\`\`\`ts
import { createModel } from '@dl/cnn-zoo';
import { randn } from '@dl/tensor';

const model = createModel('densenet', { classes: 10, stem: 'small' }).eval();
model.forward(randn([1, 3, 32, 32])).shape; // [1, 10]
\`\`\`

## Sizes and times

Images of 224 × 224 (LeNet: 28 × 28); milliseconds for one image, for one with batch norm folded into the convolutions, and for a
training step of two images with SGD; on one thread of an Intel Xeon without a graphics card, in Node 20, medians. PyTorch 1.13 (AVX-512,
also one thread) took its turns between ours.

| name | as | parameters | multiply-adds | ms | folded | PyTorch | step, ms | PyTorch |
|---|---|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}

## Pictures

A bar for each layer that multiplies or pools: as high as its image is large, as wide as it has channels.

${pictures.join('\n\n')}
`,
);
