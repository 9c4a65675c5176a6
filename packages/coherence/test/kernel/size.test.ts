import {
  type CallResult,
  initialEntry,
  noPayload,
  type ObjectEntry,
  type ObjectMessage,
  type ObjectNotice,
  objectKernel,
  objectRules,
} from '@holdfast/coherence';
import { EffectBuffer } from '@holdfast/kernel';
import { expect, test } from 'vitest';

const env = {
  self: 0,
  defaultOwner: 0,
  forwardsMax: 8,
  requestIds: 2 ** 32,
  fill: 'blank',
  exclusiveReaders: false,
  rules: objectRules,
} as const;
const out = new EffectBuffer<ObjectMessage, CallResult, ObjectNotice>();

function writtenOnce(): ObjectEntry {
  const entry = initialEntry(env);
  out.clear();
  objectKernel.step(entry, { type: 'grab', call: 1, absence: 'touch', try: false }, env, out);
  objectKernel.step(entry, { type: 'put', call: 1, payload: 7 }, env, out);
  return entry;
}

test('entries at rest share what they can: an owner that nobody else knows holds no array of its own', () => {
  const [first, second] = [writtenOnce(), writtenOnce()];
  for (const field of [
    'copyset',
    'rmset',
    'awaited',
    'acknowledged',
    'readers',
    'underway',
    'sent',
    'baggage',
    'queue',
  ] as const) {
    expect(first[field]).toBe(second[field]);
  }
  expect(first.payload).not.toBe(noPayload);
});
