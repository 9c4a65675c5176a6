import { describe, expect, test } from 'vitest';
import { ObjectDriver } from '../object-driver.ts';

const cost = (messages: number, hops: number, payloads: number) => ({ messages, hops, payloads });

/** Node `writer` owns the object alone, nodes `readers` then read it. */
function world(nodes: number, writer: number, readers: readonly number[] = []): ObjectDriver {
  const driver = new ObjectDriver(nodes);
  driver.write(writer, 7);
  for (const reader of readers) driver.read(reader);
  return driver;
}

describe('messages and payloads of one call at rest', () => {
  test('a hit costs nothing: get, grab, find, put', () => {
    const driver = world(3, 1);
    expect(driver.cost(() => driver.read(1))).toEqual(cost(0, 0, 0));
    expect(driver.cost(() => driver.write(1, 8))).toEqual(cost(0, 0, 0));
    expect(driver.cost(() => driver.run(1, { type: 'find' }))).toEqual(cost(0, 0, 0));
  });

  test('first touch: nothing at the default owner, 2 elsewhere', () => {
    const driver = new ObjectDriver(2);
    expect(driver.cost(() => driver.read(0))).toEqual(cost(0, 0, 0));
    const other = new ObjectDriver(2);
    expect(other.cost(() => other.read(1))).toEqual(cost(2, 2, 0));
  });

  test.each(['no-touch', 'manual'] as const)('an absent object, %s, remote default owner: 2', (absence) => {
    const driver = new ObjectDriver(2);
    expect(driver.cost(() => driver.run(1, { type: 'get', absence }))).toEqual(cost(2, 2, 0));
    const writer = new ObjectDriver(2);
    expect(writer.cost(() => writer.run(1, { type: 'grab', absence, try: false }))).toEqual(cost(2, 2, 0));
  });

  test.each([0, 1, 2, 3])(
    'a read, a write, an operation and a removal that are passed on %i times: one more each',
    (h) => {
      const passedOn = (): ObjectDriver => {
        // Node 5 takes node 1 for the owner; the object has gone on since, and nobody told it.
        const driver = world(6, 1, [5]);
        driver.evict(5);
        for (let owner = 1; owner <= h; owner++) driver.run(owner, { type: 'flush', to: owner + 1 });
        return driver;
      };
      const [read, write, execute, remove] = [passedOn(), passedOn(), passedOn(), passedOn()];
      expect(read.cost(() => read.read(5))).toEqual(cost(2 + h, 2 + h, 1));
      expect(write.cost(() => write.write(5, 8))).toEqual(cost(2 + h, 2 + h, 1));
      // Node 5 is told that its copy is void, although it dropped it without a word.
      const operation = { type: 'execute', operation: 8, absence: 'touch', again: false } as const;
      expect(execute.cost(() => execute.run(5, operation))).toEqual(cost(2 + h + 2, 2 + h + 2, 0));
      // Told are the owners before, and the default owner, at first and at last.
      expect(remove.cost(() => remove.remove(5))).toMatchObject({ messages: 2 + h + 2 * (h + 1) + 1, payloads: 0 });
    },
  );

  test('read miss with the owner known: 2 and one payload', () => {
    const driver = world(2, 0);
    expect(driver.cost(() => driver.read(1))).toEqual(cost(2, 2, 1));
  });

  test('read miss with one forward: 3', () => {
    const driver = world(3, 1);
    expect(driver.cost(() => driver.read(2))).toEqual(cost(3, 3, 1));
  });

  test('write miss, the owner alone: 2 + h', () => {
    const near = world(2, 0);
    expect(near.cost(() => near.write(1, 8))).toEqual(cost(2, 2, 1));
    const far = world(3, 1);
    expect(far.cost(() => far.write(2, 8))).toEqual(cost(3, 3, 1));
  });

  test.each([1, 2, 3])('write miss with %i other copies: 2 + 2c, and one hop more', (copies) => {
    const driver = world(
      5,
      0,
      Array.from({ length: copies }, (_, index) => index + 1),
    );
    expect(driver.cost(() => driver.write(4, 8))).toEqual(cost(2 + 2 * copies, 3, 1));
  });

  test.each([0, 1, 2, 3])('upgrade by a reader, %i other copies: 2 + 2c and no payload', (copies) => {
    const driver = world(
      5,
      0,
      Array.from({ length: copies }, (_, index) => index + 1),
    );
    driver.read(4);
    expect(driver.cost(() => driver.write(4, 8))).toEqual(cost(2 + 2 * copies, copies === 0 ? 2 : 3, 0));
  });

  test.each([0, 1, 2, 3])('upgrade by the owner, %i copies: 2c', (copies) => {
    const driver = world(
      5,
      0,
      Array.from({ length: copies }, (_, index) => index + 1),
    );
    expect(driver.cost(() => driver.write(0, 8))).toEqual(cost(2 * copies, copies === 0 ? 0 : 2, 0));
  });

  test('a ghost moves to whoever asks first, reader or writer: 2 + h and one payload', () => {
    const driver = world(3, 0);
    driver.run(0, { type: 'flush', to: 1 });
    expect(driver.entries[1]?.status).toBe('WRITE_GHOST');
    expect(driver.cost(() => driver.read(2))).toEqual(cost(3, 3, 1));
    expect(driver.entries.map(({ status }) => status)).toEqual(['INV_COPY', 'INV_COPY', 'WRITE_OWNER']);
    const other = world(3, 0);
    other.run(0, { type: 'flush', to: 1 });
    expect(other.cost(() => other.write(2, 8))).toEqual(cost(3, 3, 1));
  });

  test('evicting a read copy: 0', () => {
    const driver = world(2, 0, [1]);
    expect(driver.cost(() => driver.evict(1))).toEqual(cost(0, 0, 0));
  });

  test('evicting at the owner with copies elsewhere: 2 a candidate tried, no payload', () => {
    const driver = world(4, 0, [1, 2]);
    driver.evict(1);
    expect(driver.cost(() => driver.evict(0))).toEqual(cost(4, 4, 0));
    expect(driver.entries[2]?.status).toBe('READ_OWNER');
  });

  test('evicting the only copy: 2 and one payload', () => {
    const driver = world(2, 1);
    expect(driver.cost(() => driver.evict(1))).toEqual(cost(2, 2, 1));
    expect(driver.entries[0]?.status).toBe('WRITE_GHOST');
  });
});

test('sync of another node: 2 and one payload, nothing at the default owner', () => {
  const driver = world(2, 1);
  expect(driver.cost(() => driver.run(1, { type: 'sync' }))).toEqual(cost(2, 2, 1));
  expect(driver.cost(() => driver.read(0))).toEqual(cost(2, 2, 1));
  expect(driver.cost(() => driver.run(0, { type: 'sync' }))).toEqual(cost(0, 0, 0));
});

/** The owner collects the acknowledgements itself. Upper bounds are those of the protocol where the remover collects. */
describe('messages of a removal', () => {
  test.each([0, 1, 2, 3])('by the owner, which is the default owner, %i others: 2r', (others) => {
    const driver = world(
      5,
      0,
      Array.from({ length: others }, (_, index) => index + 1),
    );
    expect(driver.cost(() => driver.remove(0))).toEqual(cost(2 * others, others === 0 ? 0 : 2, 0));
  });

  test.each([0, 1, 2])('by another owner, default owner and %i others: 2r + 1', (others) => {
    const driver = world(
      5,
      1,
      Array.from({ length: others }, (_, index) => index + 2),
    );
    const r = others + 1;
    expect(driver.cost(() => driver.remove(1))).toEqual(cost(2 * r + 1, others === 0 ? 3 : 5, 0));
    expect(driver.entries[0]?.status).toBe('INV_OWNER');
  });

  test.each([0, 1, 2])('by a node that does not own it, %i others, owned by the default owner: 2 + 2r', (others) => {
    const driver = world(
      5,
      0,
      Array.from({ length: others }, (_, index) => index + 1),
    );
    driver.read(4);
    expect(driver.cost(() => driver.remove(4)).messages).toBe(2 + 2 * others);
  });

  test('by a node that does not own it, the default owner and one more among the others: 2 + 2r + 1', () => {
    const driver = world(4, 1, [2, 3]);
    expect(driver.cost(() => driver.remove(3)).messages).toBe(2 + 2 * 2 + 1);
  });

  test('by the default owner, which another node took the object from: 2 + 2r', () => {
    const driver = world(4, 1, [2, 3]);
    expect(driver.cost(() => driver.remove(0)).messages).toBe(2 + 2 * 2);
    expect(driver.entries[0]?.status).toBe('INV_OWNER');
  });

  test('of what never existed: 0 at the default owner, 2 elsewhere', () => {
    const driver = new ObjectDriver(2);
    expect(driver.cost(() => driver.remove(0))).toEqual(cost(0, 0, 0));
    expect(driver.cost(() => driver.remove(1))).toEqual(cost(2, 2, 0));
  });
});
