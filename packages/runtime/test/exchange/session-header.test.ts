import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArrivedFrame, sessionHeaderBytes, writeSessionHeader } from '../../src/exchange/session-header.ts';
import type { SessionFrame } from '../../src/kernel/session-types.ts';

const safe = fc.maxSafeNat();
const header = {
  from: safe,
  to: safe,
  epoch: fc.nat(2 ** 32 - 1),
  acknowledged: fc.array(safe, { minLength: 4, maxLength: 4 }),
  limits: fc.array(safe, { minLength: 4, maxLength: 4 }),
};
const bare = (['probe', 'probed', 'close', 'closed', 'reset'] as const).map((type) =>
  fc.record({ type: fc.constant(type), ...header }),
);
const fences = (['fence', 'fenced'] as const).map((type) =>
  fc.record({ type: fc.constant(type), link: fc.nat(7), linkEpoch: fc.nat(2 ** 32 - 1), ...header }),
);
const frame = fc.oneof(
  ...bare,
  ...fences,
  fc.record({ type: fc.constant('ack' as const), answer: fc.boolean(), ...header }),
  fc.record({
    type: fc.constant('data' as const),
    trafficClass: fc.constantFrom(0, 1, 2, 3),
    sequence: safe,
    handle: fc.constant(0),
    ...header,
  }),
);

it('reads every frame as it was written, also with numbers beyond 2^32', () => {
  const words = new Int32Array(2 * sessionHeaderBytes);
  const arrived = new ArrivedFrame();
  fc.assert(
    fc.property(frame, (sent) => {
      writeSessionHeader(words, 8, sent as SessionFrame);
      arrived.read(words, 8);
      expect(arrived).toMatchObject(sent);
    }),
  );
});

it('refuses a kind of a later version', () => {
  const words = new Int32Array(sessionHeaderBytes);
  words[0] = 77;
  expect(() => new ArrivedFrame().read(words, 0)).toThrow(/kind 77/);
});
