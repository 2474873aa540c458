import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerWebGL, webglInfo } from '../src/index';
import type { Session } from './chromium';
import { call, executable, openPage } from './chromium';

// Making the device available, losing it and getting it back, and the ends of its memory.

describe('where there is no browser', () => {
  it('says so in a sentence', async () => {
    await expect(registerWebGL()).rejects.toThrow(
      /^registerWebGL: there is no canvas: WebGL needs a browser, on its main thread or in a worker\n.*fallback: 'cpu'/,
    );
    expect(webglInfo()).toBe(null);
  });

  it('goes on with the fallback', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await registerWebGL({ fallback: 'cpu' })).toBe('cpu');
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/needs a browser.*; going on with "cpu"\.$/)],
    ]);
    warn.mockRestore();
    await expect(registerWebGL({ fallback: 'gpu' })).rejects.toThrow(/"gpu" is not available/);
  });
});

interface Found {
  readonly [what: string]: string & number & { bytes: number; tensors: number };
}

describe.skipIf(!executable)('the device in a page', () => {
  let session: Session;
  beforeAll(async () => {
    session = await openPage('registration-page.ts');
  }, 240_000);
  afterAll(() => session?.close());
  const found = (name: string) => call<Found>(session, name);

  it('says what the browser lacks', async () => {
    const { noWebGL2, noFloats, fallback, wrongFallback, info } = await found('missing');
    expect(noWebGL2).toMatch(/^DeviceError: registerWebGL: the browser gives no WebGL2 context\n/);
    expect(noFloats).toMatch(
      /^DeviceError: registerWebGL: the GPU does not draw into float textures/,
    );
    expect(fallback).toBe('cpu');
    expect(session.messages.filter((text) => text.includes('going on with "cpu"'))).toHaveLength(1);
    expect(wrongFallback).toMatch(/^DeviceError: device: "gpu" is not available/);
    expect(info).toBe(null);
  });

  it('opens one context, and refuses float64 with the name of a device that has it', async () => {
    const { again, opensOne, renderer, float64, moved } = await found('opened');
    expect({ again, opensOne, renderer }).toEqual({
      again: 'webgl',
      opensOne: true,
      renderer: 'string',
    });
    for (const message of [float64, moved]) {
      expect(message).toMatch(/^DTypeError: .*the device "webgl" cannot hold float64/);
      expect(message).toContain('"cpu"');
    }
  });

  it('refuses what is too large, and is usable afterwards', async () => {
    const { tooLong, wide, full, sum, kept } = await found('outOfMemory');
    expect(tooLong).toMatch(/^OutOfMemoryError: allocate: no texture holds 536870912 elements/);
    expect(wide).toMatch(/^OutOfMemoryError/);
    expect(full).toMatch(/^OutOfMemoryError: allocate: the GPU has no room for 21007 elements/);
    expect(sum).toBe(5000);
    expect(kept).toBe(0);
  });

  it('is lost with its context in the middle of training, and comes back', async () => {
    const result = await found('lost');
    for (const use of ['reading', 'waiting', 'training', 'making', 'old']) {
      expect([use, result[use]]).toEqual([use, expect.stringMatching(/^DeviceLostError: /)]);
    }
    expect(result.training).toMatch(
      /the device "webgl" was lost: the browser took the GPU context away(.|\n)*await registerWebGL\(\)/,
    );
    expect(result.forward).not.toBe('nothing');
    expect(result.before).toBeGreaterThan(0);
    expect(result.memory).toMatchObject({ bytes: 0, tensors: 0, storages: 0 });
    expect(result.info).toBe(null);
    // It went on from where it was.
    expect(result.next).toBeLessThan(result.first);
    expect(result.last).toBeLessThan(result.next);
  });

  it('comes back before the event has told of the loss, too', async () => {
    expect(await found('lostUnnoticed')).toEqual({ sum: 4, name: 'webgl', info: true });
  });
});
