import {
  initialEntry,
  type ObjectEntry,
  type ObjectEnv,
  objectKernel,
  objectRules,
  objectStatuses,
} from '@holdfast/coherence';
import { EffectBuffer, Encoder } from '@holdfast/kernel';
import { describe, expect, test } from 'vitest';
import { beginHit, endHit } from '../../src/kernel/hits.ts';

const env: ObjectEnv = {
  self: 0,
  defaultOwner: 1,
  forwardsMax: 8,
  requestIds: 1000,
  fill: 'blank',
  exclusiveReaders: false,
  firstTouch: 'requester',
  migratory: false,
  evictsTo: 'nodes',
  rules: objectRules,
};
const reader = 5;
const late = 9;

/** Every mix of what a hit looks at, also those that cannot be. */
function* entries(): Generator<ObjectEntry> {
  for (const status of objectStatuses) {
    for (const writer of [0, reader]) {
      for (const readers of [[], [reader], [3, reader, 7]]) {
        for (const isWaitedFor of [false, true]) {
          for (const isUnsaved of [false, true]) {
            for (const invalidation of [undefined, { type: 'INV', to: 1, version: 3 } as const]) {
              const entry = initialEntry(env);
              const queue = isWaitedFor ? [{ type: 'grab', call: 4, absence: 'touch', try: false } as const] : [];
              const backup = isUnsaved ? { ...entry.backup, unsaved: true } : entry.backup;
              const value = { version: 3, incarnation: 1, payload: 77, probOwner: 1 };
              yield { ...entry, ...value, status, writer, readers, queue, backup, invalidation };
            }
          }
        }
      }
    }
  }
}

const bytesOf = (entry: ObjectEntry): Uint8Array => {
  const encoder = new Encoder();
  objectKernel.encode(entry, encoder);
  return encoder.bytes.slice();
};

/** What the kernel makes of the same event, said as a hit: the entry, and nothing to send. */
function stepped(
  before: ObjectEntry,
  event: Parameters<typeof objectKernel.step>[1],
): { entry: ObjectEntry; out: EffectBuffer } {
  const entry = { ...before };
  const out = new EffectBuffer();
  objectKernel.step(entry, event, env, out as never);
  return { entry, out };
}

describe('a hit', () => {
  test('is what the step of a get does, or nothing', () => {
    let hits = 0;
    for (const before of entries()) {
      const entry = { ...before };
      if (!beginHit(entry, late, env)) {
        expect(bytesOf(entry)).toEqual(bytesOf(before));
        continue;
      }
      hits++;
      const { entry: after, out } = stepped(before, { type: 'get', call: late, absence: 'touch' });
      expect(bytesOf(entry)).toEqual(bytesOf(after));
      expect(out.length).toBe(1);
      expect(out.at(0)).toMatchObject({ kind: 'reply', result: { outcome: 'held', payload: 77, version: 3 } });
    }
    expect(hits).toBe(9);
  });

  test('ends as the step of a put ends it, or not at all', () => {
    let hits = 0;
    for (const before of entries()) {
      const entry = { ...before };
      if (!endHit(entry, reader)) {
        expect(bytesOf(entry)).toEqual(bytesOf(before));
        continue;
      }
      hits++;
      const { entry: after, out } = stepped(before, { type: 'put', call: reader, payload: -1 });
      expect(bytesOf(entry)).toEqual(bytesOf(after));
      expect(out.length).toBe(0);
    }
    expect(hits).toBe(6);
  });

  test('is none where readers exclude each other', () => {
    for (const entry of entries()) expect(beginHit(entry, late, { ...env, exclusiveReaders: true })).toBe(false);
  });
});
