import { expect, it } from 'vitest';
import type { Answer, Request } from '../src/answer';
import { formatTable } from '../src/report';
import { Partner, takeTurns } from '../src/turns';

const work = { draws: 3, read: 16, sent: 0 };

/** A contestant that answers at once. */
function partner(answer: (request: Request) => Answer | null): Partner {
  const one: Partner = new Partner(
    (request) => {
      const found = answer(request);
      if (found) one.receive(found);
    },
    () => {},
  );
  one.receive({ version: '1' });
  return one;
}

const prepared = (check: number[], samples: number[]) => (request: Request) =>
  'prepare' in request ? { check } : { samples, runs: 2, work };

const options = {
  names: ['own', 'other', 'wrong', 'mute', 'absent'],
  workloads: [{ name: 'sum 10⁶' }, { name: 'add 10⁶' }],
  rounds: 2,
  budget: 1,
  patience: 20,
};

function launch(name: string): Partner | string {
  if (name === 'own') return partner(prepared([1, 2], [4, 5]));
  if (name === 'other') return partner(prepared([1, 2], [8, 9]));
  if (name === 'wrong') return partner(prepared([1, 3], [1]));
  if (name === 'mute') return partner(() => null);
  return 'not found';
}

it('lets contestants take turns, and tells why there is no timing', async () => {
  const order: string[] = [];
  let time = 0;
  const { versions, rows } = await takeTurns(
    { ...options, onProgress: (text, done) => order.push(`${text} ${done}`) },
    {
      launch,
      // A turn of two runs takes ten milliseconds.
      clock: async () => {
        time += 10;
        return time;
      },
    },
  );
  expect(order).toEqual(['sum 10⁶ 0', 'add 10⁶ 0.5']);
  expect(versions).toEqual({ own: '1', other: '1', wrong: '1', mute: '1', absent: 'not found' });
  for (const { outcomes } of rows) {
    expect(outcomes).toEqual({
      own: { median: 4.5, spread: 0.5, count: 4, work, gpu: 5 },
      other: { median: 8.5, spread: 0.5, count: 4, work, gpu: 5 },
      wrong: { error: 'it found 1,3, not 1,2' },
      mute: { error: 'it took longer than 0.02 s' },
      absent: { error: 'not found' },
    });
  }
  const machine = { cpu: 'one', cores: 2, browser: 'Chrome 1', gpu: 'software' };
  const table = formatTable({ date: '2026-01-01', machine, versions, rows }).split('\n');
  expect(table[1]).toMatch(/^sum 10⁶ +4\.50 +0\.500 +8\.50 +1\.89 +\[1\] +\[2\] +\[3\]/);
  expect(table[4]).toMatch(/^CPU ms of the GPU process +own +draws +bytes read +other +×/);
  expect(table[5]).toMatch(/^sum 10⁶ +5\.00 +3 +16 +5\.00 +1\.00 +3 +16/);
  expect(table[8]).toBe('one, 2 cores, Chrome 1, software.');
});

it('stops between turns, and keeps the rows that are done', async () => {
  let stopped = false;
  const { rows } = await takeTurns(
    { ...options, names: ['own'] },
    {
      launch,
      isStopped: () => stopped,
      onRow: () => {
        stopped = true;
      },
    },
  );
  expect(rows.map(({ name }) => name)).toEqual(['sum 10⁶']);
});
