import * as nn from '@dl/nn';
import * as optim from '@dl/optim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from './chromium';
import { call, executable, openPage } from './chromium';

// Every layer and loss of @dl/nn and every optimiser of @dl/optim, forwards and backwards, against `cpu`. A new class without a case in
// layer-cases.ts or layers-page.ts fails.

/** The exported classes that extend `Base`, but `Base` itself. */
function classesOf(room: object, Base: abstract new (...given: never[]) => object): string[] {
  return Object.entries(room)
    .filter(([, Class]) => typeof Class === 'function' && Class.prototype instanceof Base)
    .map(([name]) => name);
}

/** They hold modules or parameters for others, and compute nothing. */
const CONTAINERS = ['ModuleDict', 'ModuleList', 'ParameterDict', 'ParameterList', 'Preprocessing'];

describe.skipIf(!executable)('webgl equals cpu', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openPage('layers-page.ts');
  }, 240_000);
  afterAll(() => session?.close());

  const layers = classesOf(nn, nn.Module).filter((name) => !CONTAINERS.includes(name));
  it.each(layers)(
    '%s',
    async (name) => {
      expect(await call(session, 'layer', name)).toEqual([]);
    },
    240_000,
  );

  it.each(classesOf(optim, optim.Optimizer))(
    '%s',
    async (name) => {
      expect(await call(session, 'optimizer', name)).toEqual([]);
    },
    240_000,
  );
});
