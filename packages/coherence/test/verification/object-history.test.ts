import { checkHistory, counted, someOrderExplains } from '@holdfast/simulation';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blankPayload, noPayload } from '../../src/kernel/object-types.ts';
import {
  lostAnswer,
  type ObjectAnswer,
  type ObjectCall,
  type ObjectOperation,
  objectModel,
} from '../../src/verification/sim-history.ts';

const seen = fc.constantFrom(noPayload, blankPayload, 1, 2, 3);
const usual: fc.Arbitrary<readonly [ObjectCall, ObjectAnswer]> = fc.oneof(
  fc.tuple(fc.record({ type: fc.constant('see' as const), touched: fc.boolean() }), seen),
  fc.tuple(fc.constant({ type: 'write', value: 0 } as const), seen),
  fc.tuple(fc.constant({ type: 'remove' } as const), fc.constantFrom(0, 1)),
);
const losing: fc.Arbitrary<readonly [ObjectCall, ObjectAnswer]> = fc.oneof(
  { arbitrary: usual, weight: 4 },
  { arbitrary: fc.tuple(fc.constant({ type: 'may-lose' } as const), fc.constant(0)), weight: 1 },
  {
    arbitrary: fc.tuple(
      fc.record({ type: fc.constant('see' as const), touched: fc.boolean() }),
      fc.constant(lostAnswer),
    ),
    weight: 1,
  },
);

/** Up to five calls at any times; each write gives the value of its place. */
const histories = (calls: typeof usual): fc.Arbitrary<ObjectOperation[]> =>
  fc
    .array(
      fc.record({
        made: calls,
        invoked: fc.integer({ min: 0, max: 8 }),
        lasts: fc.integer({ min: 0, max: 6 }),
        isOpen: fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((drawn) =>
      drawn.map(({ made: [call, result], invoked, lasts, isOpen }, place) => ({
        key: 0,
        process: place,
        call: call.type === 'write' ? { ...call, value: place + 1 } : call,
        invoked,
        ...(!isOpen && { end: { outcome: 'answered' as const, at: invoked + lasts, result } }),
      })),
    );

function agrees(calls: typeof usual, runs: number): void {
  const verdicts = { ok: 0, violation: 0, undecided: 0 };
  fc.assert(
    fc.property(histories(calls), (history) => {
      const { verdict } = checkHistory(history, objectModel);
      verdicts[verdict]++;
      expect(verdict).toBe(someOrderExplains(counted(history), objectModel) ? 'ok' : 'violation');
    }),
    { numRuns: runs },
  );
  expect(verdicts.ok).toBeGreaterThan(runs / 20);
  expect(verdicts.violation).toBeGreaterThan(runs / 20);
}

describe('the history of one object, and an oracle that writes down every order', () => {
  test('agree where nobody dies', () => agrees(usual, 3000));
  test('agree where nodes die and what they had may be lost', () => agrees(losing, 3000));
});
