import { expect, test } from 'vitest';
import { drive } from '../../src/load/drive.ts';
import { answer, type Caller, type Request } from '../../src/load/load.ts';

const load = { outstanding: 8, warmUpMs: 1, measureMs: 5 };
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function callerOf(call: (request: Request) => Promise<{ id: number; total: number }>): Caller {
  return { call, close: async () => {} };
}

test('keeps exactly that many calls under way', async () => {
  let underWay = 0;
  let most = 0;
  await drive(
    callerOf(async (request) => {
      most = Math.max(most, ++underWay);
      await nextTurn();
      underWay--;
      return answer(request);
    }),
    load,
  );
  expect(most).toBe(8);
  expect(underWay).toBe(0);
});

test('with one outstanding, measures round trips one after the other', async () => {
  let underWay = 0;
  const sample = await drive(
    callerOf(async (request) => {
      expect(++underWay).toBe(1);
      await nextTurn();
      underWay--;
      return answer(request);
    }),
    { ...load, outstanding: 1 },
  );
  expect(sample.value).toBeGreaterThan(0);
  expect(sample.details?.p99).toBeGreaterThanOrEqual(sample.value);
});

test.each([1, 8])('an answer to another question ends the round (%i outstanding)', async (outstanding) => {
  const wrong = callerOf(async (request) => ({ ...answer(request), id: request.id + 1 }));
  await expect(drive(wrong, { ...load, outstanding })).rejects.toThrow(/asked \d+, answered \d+/);
});
