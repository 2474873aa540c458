import type { Device, OpName } from '@dl/tensor';
import { conformance, runConformance } from '@dl/testing';
import { afterAll, it } from 'vitest';
import { vjp } from '../../src/index';

// DL_SLOW=1 tries every combination of sizes and arrangements: some twenty times as many cases.

/** Shows that a device does what it must for these operations; a test for each of them. */
export function testConformance(device: Device, ops: readonly OpName[]): void {
  let total = 0;
  const complete = process.env.DL_SLOW === '1';
  it.each(ops)(
    `%s on ${device}`,
    (op) => {
      const { cases, failures } = runConformance(conformance(device, { ops: [op], vjp, complete }));
      total += cases;
      if (cases > 0 && failures.length === 0) return;
      const some = failures.slice(0, 3).map(({ name, message }) => `${name}\n${message}`);
      throw new Error(
        [`${failures.length} of ${cases} cases fail; the first of them:`, ...some].join('\n\n'),
      );
    },
    3_600_000,
  );
  afterAll(() => console.log(`${ops.length} operations on ${device}, ${total} cases`));
}
