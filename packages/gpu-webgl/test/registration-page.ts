/** What a user sees of the device: making it available, losing it, and the ends of its memory. */

import '@dl/autograd';
import { decodeSafetensors, encodeSafetensors } from '@dl/io';
import { Linear, MSELoss, ReLU, Sequential } from '@dl/nn';
import { Adam } from '@dl/optim';
import { manualSeed, memory, ones, randn, scope, steps, tensor, zeros } from '@dl/tensor';
import { registerWebGL, webglInfo } from '../src/index';
import { offer, thrownBy } from './offer';

/** Runs `act` while a method of all contexts, or of all canvases, is another. */
async function pretending<T>(
  target: object,
  method: string,
  instead: (...given: never[]) => unknown,
  act: () => T | Promise<T>,
): Promise<T> {
  const methods = target as Record<string, unknown>;
  const before = methods[method];
  methods[method] = instead;
  try {
    return await act();
  } finally {
    methods[method] = before;
  }
}

const contexts = WebGL2RenderingContext.prototype;
const canvases = OffscreenCanvas.prototype;

/** The context that registerWebGL opens while `act` runs. */
async function contextOf(act: () => Promise<unknown>): Promise<WebGL2RenderingContext> {
  const open = canvases.getContext;
  let found: unknown;
  function spy(this: OffscreenCanvas, ...given: unknown[]) {
    found = open.apply(this, given as never);
    return found;
  }
  await pretending(canvases, 'getContext', spy, act);
  return found as WebGL2RenderingContext;
}

/** Opens the device, with a context that can be taken away. */
async function open(): Promise<() => void> {
  const gl = await contextOf(() => registerWebGL());
  const lose = gl.getExtension('WEBGL_lose_context');
  return () => lose?.loseContext();
}

const event = () => new Promise((resolve) => setTimeout(resolve, 200));

let loseContext = () => {};

function network() {
  manualSeed(3);
  return new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 1)).to('webgl');
}

/** Steps on a problem that can be learned; the loss before the first and after the last. */
function learn(model: ReturnType<typeof network>, optimizer: Adam, count: number) {
  const criterion = new MSELoss();
  const x = scope(() => randn([32, 4], { device: 'cpu' }).to('webgl'));
  const y = scope(() => x.sum(1, { keepdim: true }).relu());
  const losses: number[] = [];
  for (const _ of steps(count)) {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  return { first: losses[0], last: losses[count - 1] };
}

offer({
  async missing() {
    const none = () => null;
    const without = (extension: string) =>
      function (this: WebGL2RenderingContext, name: string) {
        return name === extension ? null : getExtension.call(this, name);
      };
    const { getExtension } = contexts;
    const floats = without('EXT_color_buffer_float');
    return {
      noWebGL2: await pretending(canvases, 'getContext', none, () => thrownBy(registerWebGL)),
      noFloats: await pretending(contexts, 'getExtension', floats, () => thrownBy(registerWebGL)),
      fallback: await pretending(contexts, 'getExtension', floats, () =>
        registerWebGL({ fallback: 'cpu' }),
      ),
      wrongFallback: await pretending(canvases, 'getContext', none, () =>
        thrownBy(() => registerWebGL({ fallback: 'gpu' })),
      ),
      info: webglInfo(),
    };
  },

  async opened() {
    loseContext = await open();
    const context = await contextOf(() => registerWebGL());
    return {
      again: await registerWebGL({ fallback: 'cpu' }),
      opensOne: context === undefined,
      renderer: typeof webglInfo()?.renderer,
      float64: await thrownBy(() => zeros([2], { dtype: 'float64', device: 'webgl' })),
      moved: await thrownBy(() => tensor([1], { dtype: 'float64' }).to('webgl')),
    };
  },

  async outOfMemory() {
    const before = memory('webgl');
    const tooLong = await thrownBy(() => zeros([2 ** 29], { device: 'webgl' }));
    const wide = await thrownBy(() =>
      scope(() => {
        const column = ones([5000, 1], { device: 'webgl' });
        return void column.matmul(ones([1, 2 ** 20], { device: 'webgl' }));
      }),
    );
    const full = await pretending(
      contexts,
      'getError',
      () => contexts.OUT_OF_MEMORY,
      () => thrownBy(() => scope(() => void randn([3001, 7], { device: 'cpu' }).to('webgl'))),
    );
    const sum = scope(() => ones([5, 1000], { device: 'webgl' }).sum().item());
    return { tooLong, wide, full, sum, kept: memory('webgl').tensors - before.tensors };
  },

  async lost() {
    let model = network();
    let optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const { first } = learn(model, optimizer, 20);
    const saved = { model: encodeSafetensors(model.stateDict()) };
    const x = ones([3], { device: 'webgl' });
    const waiting = x.add(1);
    const reading = thrownBy(() => x.mul(7).data());
    const before = memory('webgl').bytes;
    loseContext();
    const found = {
      reading: await reading,
      waiting: await thrownBy(() => waiting.dataSync()),
      training: await thrownBy(() => learn(model, optimizer, 1)),
      making: await thrownBy(() => zeros([2], { device: 'webgl' })),
      forward: await thrownBy(() => model.forward(ones([1, 4]))),
      memory: memory('webgl'),
      info: webglInfo(),
    };
    await event();
    loseContext = await open();
    // From a checkpoint, in two lines.
    model = network();
    model.loadStateDict(decodeSafetensors(saved.model).tensors);
    optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const { first: next, last } = learn(model, optimizer, 20);
    const old = await thrownBy(() => x.add(1));
    return { before, ...found, first, next, last, old };
  },

  /** The device is opened again before the event of the loss has come. */
  async lostUnnoticed() {
    loseContext();
    loseContext = await open();
    const x = ones([4], { device: 'webgl' });
    await event();
    return { sum: x.sum().item(), name: await registerWebGL(), info: webglInfo() !== null };
  },
});
