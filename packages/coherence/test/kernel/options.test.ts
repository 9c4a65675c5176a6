import { noPayload } from '@holdfast/coherence';
import { describe, expect, test } from 'vitest';
import { ObjectDriver } from '../object-driver.ts';

const cost = (messages: number, hops: number, payloads: number) => ({ messages, hops, payloads });
const operation = { type: 'execute', operation: 8, absence: 'touch', again: false } as const;

/** Node `writer` owns the object alone, nodes `readers` then read it. */
function world(nodes: number, writer: number, readers: readonly number[] = [], options = {}): ObjectDriver {
  const driver = new ObjectDriver(nodes, options);
  driver.write(writer, 7);
  for (const reader of readers) driver.read(reader);
  return driver;
}

describe('prefetch', () => {
  test('costs what the access would, which then costs nothing, and leaves no lease', () => {
    const driver = world(3, 0);
    expect(driver.cost(() => driver.run(1, { type: 'prefetch', kind: 'read', absence: 'touch' }))).toEqual(
      cost(2, 2, 1),
    );
    expect(driver.cost(() => driver.read(1))).toEqual(cost(0, 0, 0));
    const write = { type: 'prefetch', kind: 'write', absence: 'touch' } as const;
    expect(driver.cost(() => expect(driver.run(2, write)).toEqual({ outcome: 'done' }))).toEqual(cost(4, 3, 1));
    expect(driver.cost(() => driver.write(2, 8))).toEqual(cost(0, 0, 0));
    expect(driver.entries[2]).toMatchObject({ writer: 0, readers: [] });
  });

  test('of an absent object that must not be created is absent', () => {
    const driver = new ObjectDriver(2);
    expect(driver.run(1, { type: 'prefetch', kind: 'read', absence: 'no-touch' })).toEqual({ outcome: 'absent' });
  });
});

describe('execute', () => {
  test('goes to the owner and back, 2 + h messages without payload, and the object stays', () => {
    const driver = world(3, 0);
    expect(driver.cost(() => driver.run(1, operation))).toEqual(cost(2, 2, 0));
    const far = world(3, 1);
    expect(far.cost(() => far.run(2, operation))).toEqual(cost(3, 3, 0));
    expect(far.entries[1]).toMatchObject({ status: 'WRITE_OWNER', payload: 8 });
    expect(far.cost(() => far.run(1, operation))).toEqual(cost(0, 0, 0));
  });

  test.each([1, 2])('with %i copies elsewhere: 2 more for each', (copies) => {
    const driver = world(
      4,
      0,
      Array.from({ length: copies }, (_, index) => index + 1),
    );
    expect(driver.cost(() => driver.run(3, operation))).toEqual(cost(2 + 2 * copies, 4, 0));
  });

  test('answers what the operation answered; one that fails changes nothing', () => {
    const driver = world(2, 0);
    expect(driver.run(1, operation)).toEqual({ outcome: 'executed', result: 7 });
    driver.operate = () => ({ ok: false, payload: noPayload, result: noPayload });
    expect(driver.run(1, operation)).toEqual({ outcome: 'failed' });
    expect(driver.read(1)).toBe(8);
  });

  test('an absent object begins at its owner, or is left absent', () => {
    const driver = new ObjectDriver(2);
    expect(driver.run(1, { ...operation, absence: 'no-touch' })).toEqual({ outcome: 'absent' });
    expect(driver.run(1, operation)).toMatchObject({ outcome: 'executed' });
    expect(driver.entries[0]).toMatchObject({ status: 'WRITE_OWNER', payload: 8 });
  });

  test('a node has many under way at a time', () => {
    const driver = world(2, 0);
    const calls = [1, 2, 3].map((operand) => driver.issue(1, { ...operation, operation: operand }));
    driver.settle();
    expect(calls.map((call) => driver.results.get(call))).toEqual([
      { outcome: 'executed', result: 7 },
      { outcome: 'executed', result: 1 },
      { outcome: 'executed', result: 2 },
    ]);
  });

  test('asked again it does not run again, wherever the object went', () => {
    const driver = world(3, 0);
    const call = driver.issue(1, operation);
    driver.settle();
    driver.write(2, 9);
    const again = { ...operation, call, again: true } as const;
    driver.step(1, again);
    driver.settle();
    expect(driver.results.get(call)).toEqual({ outcome: 'unknown' });
    driver.remove(2);
    driver.step(1, again);
    driver.settle();
    expect(driver.results.get(call)).toEqual({ outcome: 'unknown' });
    expect(driver.runs).toHaveLength(1);
  });

  test('what is remembered of executes is forgotten with the next one of the same node', () => {
    const driver = world(2, 0);
    for (let count = 0; count < 10; count++) driver.run(1, operation);
    expect(driver.entries[0]?.baggage.executed).toHaveLength(1);
  });
});

describe('a migratory set', () => {
  const readThenWrite = (driver: ObjectDriver, node: number): void => {
    driver.read(node);
    driver.write(node, 8);
  };

  test('brings the object itself to a reader once each writer reads first: 2 messages instead of 4', () => {
    const driver = world(2, 0, [], { migratory: true });
    expect(driver.cost(() => readThenWrite(driver, 1)).messages).toBe(4);
    expect(driver.cost(() => readThenWrite(driver, 0))).toMatchObject({ messages: 2, payloads: 1 });
    expect(driver.cost(() => readThenWrite(driver, 1))).toMatchObject({ messages: 2, payloads: 1 });
  });

  test('gives copies again when a reader did not write', () => {
    const driver = world(3, 0, [], { migratory: true });
    readThenWrite(driver, 1);
    driver.read(0);
    driver.read(2);
    expect(driver.entries.map(({ status }) => status)).toEqual(['READ_OWNER', 'INV_COPY', 'READ_COPY']);
  });

  test('takes nothing from a reader that holds it', () => {
    const driver = world(3, 0, [], { migratory: true });
    readThenWrite(driver, 1);
    driver.get(1);
    driver.read(2);
    expect(driver.entries[1]?.status).toBe('READ_OWNER');
  });
});

describe('watch', () => {
  const watch = (driver: ObjectDriver, node: number, seen = 0): number => driver.issue(node, { type: 'watch', seen });

  test('is answered at once where the version is later than the one seen: 2 + h messages', () => {
    const driver = world(3, 1);
    expect(driver.cost(() => watch(driver, 2))).toEqual(cost(3, 3, 0));
  });

  test('is answered after the next released write: one message for each watcher, however many writes follow', () => {
    const driver = world(4, 0);
    const { version } = driver.entries[0]!;
    const calls = [1, 2].map((node) => watch(driver, node, version));
    driver.settle();
    const grab = driver.grab(0);
    expect(calls.map((call) => driver.results.get(call))).toEqual([undefined, undefined]);
    expect(driver.cost(() => driver.put(0, grab, 8))).toEqual(cost(2, 1, 0));
    for (const call of calls) expect(driver.results.get(call)).toMatchObject({ outcome: 'changed', exists: true });
    expect(driver.cost(() => driver.write(0, 9))).toEqual(cost(0, 0, 0));
  });

  test('goes along with the object, and tells of its removal', () => {
    const driver = world(3, 0);
    const call = watch(driver, 1, driver.entries[0]!.version);
    driver.settle();
    driver.run(0, { type: 'flush', to: 2 });
    expect(driver.results.get(call)).toBeUndefined();
    driver.remove(2);
    expect(driver.results.get(call)).toMatchObject({ outcome: 'changed', exists: false });
  });

  test('a writer that changes nothing is not told', () => {
    const driver = world(2, 0);
    const call = watch(driver, 1, driver.entries[0]!.version);
    driver.settle();
    driver.put(0, driver.grab(0));
    expect(driver.results.get(call)).toBeUndefined();
  });
});

describe('a linked set', () => {
  const linked = { firstTouch: 'default-owner' } as const;

  test('creates at the default owner: 2 messages and one payload, for a reader and for a writer', () => {
    const reader = new ObjectDriver(2, linked);
    expect(reader.cost(() => reader.read(1))).toEqual(cost(2, 2, 1));
    expect(reader.entries[0]?.status).toBe('READ_OWNER');
    const writer = new ObjectDriver(2, linked);
    expect(writer.cost(() => writer.write(1, 8))).toEqual(cost(2, 2, 1));
  });

  test('loads at the default owner, and a load that fails is told', () => {
    const driver = new ObjectDriver(2, { ...linked, fill: 'load' });
    const get = driver.get(1);
    expect(driver.entries[0]?.status).toBe('INV_FILLING');
    driver.step(0, { type: 'fill-failed', id: driver.loads[0]!, absent: false });
    driver.settle();
    expect(driver.results.get(get)).toEqual({ outcome: 'failed' });
    const again = driver.get(1);
    driver.step(0, { type: 'filled', id: driver.loads[1]!, payload: 5 });
    driver.settle();
    expect(driver.results.get(again)).toMatchObject({ outcome: 'held', payload: 5 });
  });
});

describe('eviction', () => {
  const evict = { type: 'evict' } as const;
  const device = { evictsTo: 'device', fill: 'load' } as const;

  /** Node 1 owns an object alone that was loaded and written. */
  function loaded(): ObjectDriver {
    const driver = new ObjectDriver(2, device);
    const grab = driver.grab(1);
    driver.step(1, { type: 'filled', id: driver.loads[0]!, payload: 5 });
    driver.put(1, grab, 7);
    return driver;
  }

  test('the only copy goes to the default owner: 2 messages and one payload', () => {
    const driver = world(2, 1);
    expect(driver.cost(() => expect(driver.run(1, evict)).toEqual({ outcome: 'done' }))).toEqual(cost(2, 2, 1));
  });

  test('where nobody has room and there is no device the object stays, and the set is full', () => {
    const driver = world(2, 1);
    driver.full.add(0);
    expect(driver.run(1, evict)).toEqual({ outcome: 'full' });
    expect(driver.read(1)).toBe(7);
  });

  test('with a device it is written there and loaded again: 2 messages and one payload each way', () => {
    const driver = loaded();
    driver.full.add(0);
    // The refused offer, then the write.
    expect(driver.cost(() => expect(driver.run(1, evict)).toEqual({ outcome: 'done' }))).toEqual(cost(4, 4, 2));
    expect(driver.written).toEqual([7]);
    expect(driver.entries[1]).toMatchObject({ status: 'INV_OWNER', payload: noPayload });
    driver.remoteLoad = { payload: 7, absent: false };
    expect(driver.cost(() => driver.read(1))).toEqual(cost(2, 2, 1));
    expect(driver.read(1)).toBe(7);
  });

  test('an object on the device is not absent, and is removed from there', () => {
    const driver = loaded();
    driver.full.add(0);
    driver.run(1, evict);
    driver.remoteLoad = { payload: 7, absent: false };
    expect(driver.run(0, { type: 'get', absence: 'no-touch' })).toMatchObject({ outcome: 'held', payload: 7 });
    const other = loaded();
    other.full.add(0);
    other.run(1, evict);
    expect(other.remove(0)).toEqual({ outcome: 'done' });
    expect(other.written).toEqual([]);
  });

  test('a device that fails leaves the object where it was, and may be tried again', () => {
    const driver = loaded();
    driver.full.add(0);
    driver.device = 'fails';
    expect(driver.run(1, evict)).toEqual({ outcome: 'failed' });
    expect(driver.read(1)).toBe(7);
    driver.device = 'works';
    expect(driver.run(1, evict)).toEqual({ outcome: 'done' });
    expect(driver.written).toEqual([7]);
  });
});
