import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from './chromium';
import { call, executable, openPage } from './chromium';

// Whole trainings on the GPU of a page: they learn as on `cpu`, read nothing that nobody asked for, and hold no more at the end than at
// the beginning.

/** Milliseconds; against hanging only. */
const PATIENCE = 1_200_000;

describe.skipIf(!executable)('training on webgl', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openPage('training-page.ts');
  }, 240_000);
  afterAll(() => session?.close());

  it(
    'random numbers are those of cpu, bit for bit',
    async () => {
      expect(await call(session, 'random')).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'the gradients of ResNet-18 equal those of cpu',
    async () => {
      const { loss, largest, parameters } = await call<{
        loss: number[];
        largest: number;
        parameters: number;
      }>(session, 'resnet');
      expect(parameters).toBe(62);
      expect(loss[1]).toBeCloseTo(loss[0], 3);
      expect(largest).toBeLessThan(1e-3);
    },
    PATIENCE,
  );

  it(
    'fit reads one number for each progress update, and nothing else',
    async () => {
      const found = await call<Record<string, number>>(session, 'reads');
      expect(found).toMatchObject({ steps: 12, updates: 3, blocking: 0 });
      // And the figures of the epoch.
      expect(found.waiting).toBe(found.updates + 1);
      // No kernel takes the way over the host.
      expect(found.pixels).toBe(found.waiting);
      expect(found.loss).toBeLessThan(3);
    },
    PATIENCE,
  );

  it(
    'a network over characters learns',
    async () => {
      const { first, last, written } = await call<{ first: number; last: number; written: string }>(
        session,
        'charRNN',
      );
      expect(first).toBeGreaterThan(2.5);
      expect(last).toBeLessThan(0.5);
      expect(written).toContain('quick brown fox');
    },
    PATIENCE,
  );

  it(
    '2,000 steps hold the same memory, textures and programs',
    async () => {
      const { early, late, first, last } = await call<{
        early: { textures: number };
        late: { textures: number };
        first: number;
        last: number;
      }>(session, 'flat');
      expect({ ...late, textures: 0 }).toEqual({ ...early, textures: 0 });
      expect(late.textures).toBeLessThanOrEqual(early.textures);
      expect(last).toBeLessThan(first / 5);
    },
    PATIENCE,
  );

  it(
    'LeNet reads digits as well as on cpu',
    async () => {
      const accuracy = async (device: string) =>
        await call<number>(session, 'lenet', { device, epochs: 6 });
      const expected = await accuracy('cpu');
      expect(expected).toBeGreaterThan(0.8);
      expect(await accuracy('webgl')).toBeGreaterThanOrEqual(expected - 0.005);
    },
    PATIENCE,
  );
});
