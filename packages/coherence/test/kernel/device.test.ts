import {
  type CallResult,
  initialEntry,
  noPayload,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  objectKernel,
  objectRules,
} from '@holdfast/coherence';
import { EffectBuffer } from '@holdfast/kernel';
import { describe, expect, test } from 'vitest';

const env = {
  self: 0,
  defaultOwner: 0,
  forwardsMax: 8,
  requestIds: 2 ** 32,
  fill: 'blank',
  exclusiveReaders: false,
  rules: objectRules,
} as const;

/** The default owner with a value of version 5, whose device is slow. */
function slowDevice() {
  const out = new EffectBuffer<ObjectMessage, CallResult, ObjectNotice>();
  const entry = { ...initialEntry(env), status: 'WRITE_OWNER' as const, version: 5, payload: 7, copyset: [0] };
  const step = (event: ObjectEvent) => {
    out.clear();
    objectKernel.step(entry, event, env, out);
    const seen: string[] = [];
    for (let at = 0; at < out.length; at++) {
      const { kind, target, message, upward } = out.at(at);
      if (kind === 'deliver' && upward?.type === 'store') seen.push(`store ${upward.version} for ${upward.node}`);
      if (kind === 'send' && message?.type === 'SYNCED') seen.push(`${message.ok ? 'done' : 'failed'} to ${target}`);
    }
    return seen;
  };
  const sync = (from: number, version: number, call = 1) =>
    step({ type: 'message', from, message: { type: 'SYNC', call, version, payload: 7 } });
  const ends = (node: number, ok: boolean, call = 1) => step({ type: 'stored', node, call, ok });
  return { entry, step, sync, ends };
}

describe('a sync of a value that is on its way to the device', () => {
  test('is not written again, and done when the device is', () => {
    const { sync, ends } = slowDevice();
    expect(sync(1, 5)).toEqual(['store 5 for 1']);
    expect(sync(2, 5)).toEqual([]);
    expect(ends(1, true)).toEqual(['done to 1', 'done to 2']);
    expect(sync(2, 5)).toEqual(['done to 2']);
  });

  test('fails with it, and may be asked for again', () => {
    const { sync, ends, entry } = slowDevice();
    sync(1, 5);
    sync(2, 5);
    expect(ends(1, false)).toEqual(['failed to 1', 'failed to 2']);
    expect(entry.storing).toEqual([]);
    expect(sync(2, 5)).toEqual(['store 5 for 2']);
  });

  test('of an older version too, and a failure is made good by a later version that is under way', () => {
    const { sync, ends } = slowDevice();
    sync(1, 5);
    sync(2, 6);
    expect(sync(3, 4)).toEqual([]);
    expect(ends(1, false)).toEqual([]);
    expect(ends(2, true)).toEqual(['done to 1', 'done to 2', 'done to 3']);
  });

  test('is done when the object is removed meanwhile', () => {
    const { sync, step, ends, entry } = slowDevice();
    sync(1, 5);
    sync(2, 5);
    expect(step({ type: 'remove', call: 9 })).toEqual(['done to 2']);
    expect(entry.payload).toBe(noPayload);
    expect(ends(1, false)).toEqual(['done to 1']);
  });
});
