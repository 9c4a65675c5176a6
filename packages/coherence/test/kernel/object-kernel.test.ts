import { anyNode, isForgettable, noPayload, objectRules } from '@holdfast/coherence';
import { ProtocolError } from '@holdfast/kernel';
import { describe, expect, test } from 'vitest';
import { ObjectDriver } from '../object-driver.ts';

describe('leases', () => {
  test('a reader elsewhere holds up a writer, and the next reader waits behind it', () => {
    const driver = new ObjectDriver(2);
    driver.write(0, 7);
    const reader = driver.get(1);
    const writer = driver.grab(0);
    const late = driver.get(1);
    expect(driver.results.get(writer)).toBeUndefined();
    expect(driver.results.get(late)).toBeUndefined();
    driver.put(1, reader);
    expect(driver.results.get(writer)).toMatchObject({ outcome: 'held', payload: 7 });
    driver.put(0, writer, 8);
    expect(driver.results.get(late)).toMatchObject({ outcome: 'held', payload: 8 });
  });

  test('a reader holds up neither remote readers nor requests that pass through', () => {
    const driver = new ObjectDriver(3);
    driver.write(1, 7);
    driver.get(0);
    expect(driver.read(2)).toBe(7);
  });

  test('a writer that changes nothing leaves the value and raises the version', () => {
    const driver = new ObjectDriver(2);
    driver.write(0, 7);
    const { version } = driver.entries[0]!;
    driver.put(0, driver.grab(0));
    expect(driver.entries[0]).toMatchObject({ payload: 7, version: version + 1 });
  });

  test('readers of one node exclude each other where the set says so', () => {
    const driver = new ObjectDriver(1, { exclusiveReaders: true });
    const first = driver.get(0);
    const second = driver.get(0);
    expect(driver.results.get(second)).toBeUndefined();
    driver.put(0, first);
    expect(driver.results.get(second)?.outcome).toBe('held');
  });

  test('a lease nobody holds, or a value from a reader, is a bug of the host', () => {
    const driver = new ObjectDriver(1);
    const reader = driver.get(0);
    expect(() => driver.put(0, reader + 1)).toThrow(ProtocolError);
    expect(() => driver.put(0, reader, 7)).toThrow(ProtocolError);
    driver.put(0, reader);
    expect(() => driver.put(0, reader)).toThrow(ProtocolError);
  });
});

describe('calls that may find nothing', () => {
  test('tryGrab is busy while somebody holds the object, and a copy survives the refusal', () => {
    const driver = new ObjectDriver(2);
    driver.write(0, 7);
    driver.read(1);
    const holder = driver.get(0);
    expect(driver.run(1, { type: 'grab', absence: 'touch', try: true })).toEqual({ outcome: 'busy' });
    expect(driver.entries[1]?.status).toBe('READ_COPY');
    driver.put(0, holder);
    expect(driver.run(1, { type: 'grab', absence: 'touch', try: true })).toMatchObject({ outcome: 'held' });
  });

  test('manual first touch owns the absent object until set, which creates it', () => {
    const driver = new ObjectDriver(2);
    const call = driver.grab(1, 'manual');
    expect(driver.results.get(call)).toEqual({ outcome: 'absent-held' });
    const reader = driver.get(0, 'no-touch');
    driver.step(1, { type: 'set', call, payload: 7 });
    driver.put(1, call);
    expect(driver.results.get(reader)).toMatchObject({ outcome: 'held', payload: 7 });
  });

  test('find looks at what is here and never sends', () => {
    const driver = new ObjectDriver(2);
    driver.write(0, 7);
    expect(driver.run(1, { type: 'find' })).toEqual({ outcome: 'absent' });
    expect(driver.run(0, { type: 'find' })).toMatchObject({ payload: 7 });
    expect(driver.messages).toBe(0);
  });
});

describe('slow fill', () => {
  test('a load that fails fails the calls that wait for it, and the next call loads again', () => {
    const driver = new ObjectDriver(2, { fill: 'load' });
    const first = driver.get(0);
    const second = driver.get(0);
    const [id = 0] = driver.loads;
    driver.step(0, { type: 'fill-failed', id, absent: false });
    expect([first, second].map((call) => driver.results.get(call)?.outcome)).toEqual(['failed', 'failed']);
    const third = driver.get(0);
    driver.step(0, { type: 'filled', id, payload: 6 });
    expect(driver.results.get(third)).toBeUndefined();
    driver.step(0, { type: 'filled', id: driver.loads[1]!, payload: 7 });
    expect(driver.results.get(third)).toMatchObject({ payload: 7 });
  });
});

describe('sync', () => {
  test('writes the value to the device of the default owner, once for each version', () => {
    const driver = new ObjectDriver(3);
    driver.write(1, 7);
    driver.read(2);
    expect([1, 2, 1].map((node) => driver.run(node, { type: 'sync' })?.outcome)).toEqual(['done', 'done', 'done']);
    expect(driver.written).toEqual([7]);
    expect(driver.run(0, { type: 'sync' })).toEqual({ outcome: 'absent' });
  });

  test('an older value never follows a newer one', () => {
    const driver = new ObjectDriver(3);
    driver.write(1, 7);
    driver.issue(1, { type: 'sync' });
    const writer = driver.issue(2, { type: 'grab', absence: 'touch', try: false });
    driver.deliver(2, 0);
    driver.deliver(0, 1);
    driver.deliver(1, 2);
    driver.step(2, { type: 'put', call: writer, payload: 8 });
    driver.issue(2, { type: 'sync' });
    driver.deliver(2, 0);
    driver.settle();
    expect(driver.written).toEqual([8]);
  });

  test('a device that fails fails the call', () => {
    const driver = new ObjectDriver(2);
    driver.write(1, 7);
    driver.device = 'fails';
    expect(driver.run(1, { type: 'sync' })).toEqual({ outcome: 'failed' });
  });
});

describe('hand-over', () => {
  test('flush takes the object to a node that never had it', () => {
    const driver = new ObjectDriver(3);
    driver.write(0, 7);
    expect(driver.run(0, { type: 'flush', to: 2 })).toEqual({ outcome: 'done' });
    expect(driver.entries.map(({ status }) => status)).toEqual(['INV_COPY', 'INV_COPY', 'WRITE_GHOST']);
  });

  test('a node with a request of its own refuses, and the owner is as it was', () => {
    const driver = new ObjectDriver(2);
    driver.write(0, 7);
    const flush = driver.issue(0, { type: 'flush', to: 1 });
    const reader = driver.issue(1, { type: 'get', absence: 'touch' });
    driver.settle();
    expect(driver.results.get(flush)).toEqual({ outcome: 'failed' });
    expect(driver.results.get(reader)).toMatchObject({ payload: 7 });
    expect(driver.entries[0]?.status).toBe('READ_OWNER');
  });

  test('the only copy at the default owner is never dropped', () => {
    const driver = new ObjectDriver(2);
    driver.write(0, 7);
    expect(driver.run(0, { type: 'flush', to: anyNode })).toEqual({ outcome: 'failed' });
    expect(driver.read(1)).toBe(7);
  });
});

describe('removal', () => {
  test('leaves nothing to remember but at the default owner, and a new life has another incarnation', () => {
    const driver = new ObjectDriver(4);
    driver.write(1, 7);
    driver.read(2);
    driver.read(3);
    const { incarnation } = driver.entries[1]!;
    expect(driver.remove(3)).toEqual({ outcome: 'done' });
    const env = {
      defaultOwner: 0,
      forwardsMax: 4,
      requestIds: 9,
      exclusiveReaders: false,
      rules: objectRules,
    } as const;
    const kept = driver.entries.filter((entry, self) => !isForgettable(entry, { ...env, fill: 'blank', self }));
    expect(kept).toEqual([driver.entries[0]]);
    driver.write(2, 8);
    expect(driver.entries[2]).toMatchObject({ payload: 8, incarnation: incarnation + 1 });
    expect(driver.remove(1)).toEqual({ outcome: 'done' });
    expect(driver.remove(1)).toEqual({ outcome: 'absent' });
  });

  test('two removers at once: both end, one removed it', () => {
    const driver = new ObjectDriver(3);
    driver.write(0, 7);
    const calls = [1, 2].map((node) => driver.issue(node, { type: 'remove' }));
    driver.settle();
    expect(calls.map((call) => driver.results.get(call)?.outcome).sort()).toEqual(['absent', 'done']);
  });
});

test('a request that was passed on too often goes ahead of those that wait', () => {
  const driver = new ObjectDriver(4, { forwardsMax: 1 });
  driver.write(1, 7);
  const holder = driver.get(1);
  const local = driver.issue(1, { type: 'flush', to: anyNode });
  const passedOn = driver.issue(2, { type: 'grab', absence: 'touch', try: false });
  driver.settle();
  driver.put(1, holder, noPayload);
  expect(driver.results.get(passedOn)).toMatchObject({ outcome: 'held', payload: 7 });
  expect(driver.results.get(local)).toEqual({ outcome: 'done' });
});
