import { Holder, LeaseEndedError, LeaseHeldError } from '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts, Counters, Turns } from './accounts.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 1 });
});
afterAll(() => cluster.close());

const accounts = () => cluster.container(Accounts);
const value = { n: 1, tags: ['t'] };

describe('a lease', () => {
  it('shows a value that nobody can change', async () => {
    const container = await accounts();
    await container.set('frozen', value);
    using lease = await container.get('frozen');
    expect(() => {
      lease!.value.n = 2;
    }).toThrow(TypeError);
    expect(() => lease!.value.tags.push('u')).toThrow(TypeError);
    expect(lease?.value).toEqual(value);
  });

  it('is of no use once it has ended, and ends once however often it is disposed of', async () => {
    const container = await accounts();
    await container.set('ended', value);
    const first = (await container.get('ended', { holder: new Holder() }))!;
    using second = await container.get('ended', { holder: new Holder() });
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(() => first.value).toThrow(LeaseEndedError);
    expect(second?.value.n).toBe(1);
    const write = await container.tryGrab('ended', { holder: new Holder() });
    expect(write).toBeUndefined();
  });

  it('of a writer counts once it is committed, and leaves the old value otherwise', async () => {
    const container = await accounts();
    await container.set('w', value);
    {
      using lease = await container.grab('w');
      lease.draft!.n = 7;
    }
    expect((await container.read('w'))?.n).toBe(1);
    using lease = await container.grab('w');
    lease.draft!.n = 8;
    lease.commit();
    expect(() => lease.commit()).toThrow(LeaseEndedError);
    expect((await container.read('w'))?.n).toBe(8);
  });

  it('of the same holder refuses what would wait for it', async () => {
    const container = await accounts();
    await container.set('own', value);
    using lease = await container.get('own');
    using again = await container.get('own');
    expect(again?.value).toBe(lease?.value);
    await expect(container.grab('own', () => value)).rejects.toBeInstanceOf(LeaseHeldError);
  });

  it('of a callback refuses what the callback would wait for, at once', async () => {
    const container = await accounts();
    await container.set('nested', value);
    const inner = container.grab('nested', async () => {
      await container.read('nested');
    });
    await expect(inner).rejects.toBeInstanceOf(LeaseHeldError);
    for (const call of ['remove', 'flush', 'get'] as const) {
      await expect(container.grab('nested', async () => void (await container[call]('nested')))).rejects.toMatchObject({
        code: 'HF_LEASE_HELD',
      });
    }
    expect(await container.read('nested')).toEqual(value);
  });

  it('of somebody who runs beside is waited for', async () => {
    const counters = await cluster.container(Counters);
    const add = async () => {
      using lease = await counters.grab('beside');
      await new Promise((resolve) => setImmediate(resolve));
      lease.commit({ n: lease.value!.n + 1 });
    };
    await Promise.all(Array.from({ length: 20 }, add));
    expect((await counters.read('beside')).n).toBe(20);
  });
});

describe('a writer', () => {
  it('that throws, or whose value does not fit, leaves the old value', async () => {
    const container = await accounts();
    await container.set('throws', value);
    await expect(
      container.grab('throws', (draft) => {
        draft!.n = 5;
        throw new RangeError('on purpose');
      }),
    ).rejects.toBeInstanceOf(RangeError);
    await expect(container.grab('throws', () => ({ n: 0.5, tags: [] }))).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    expect(await container.read('throws')).toEqual(value);
  });
});

describe('a call', () => {
  it('ends by its signal or its time-out, and what it is granted later goes back', async () => {
    const container = await accounts();
    await container.set('slow', value);
    const lease = await container.grab('slow', { holder: new Holder() });
    const stop = new AbortController();
    const aborted = container.read('slow', { signal: stop.signal, holder: new Holder() });
    const late = container.grab('slow', { timeoutMs: 20, holder: new Holder() });
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(late).rejects.toMatchObject({ code: 'HF_TIMEOUT' });
    lease[Symbol.dispose]();
    expect((await container.read('slow'))?.n).toBe(1);
    await container.grab('slow', () => ({ n: 2, tags: [] }));
  });

  it('refuses keys and values that do not fit', async () => {
    const container = await accounts();
    await expect(container.set(5 as never, value)).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    await expect(container.set('x', { n: 'one' } as never)).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    await expect(container.set('x'.repeat(2000), value)).rejects.toMatchObject({ code: 'HF_KEY' });
    await expect(container.set('x', { n: 1, tags: ['x'.repeat(2 ** 20)] })).rejects.toMatchObject({
      code: 'HF_VALUE_TOO_LARGE',
    });
    expect(() => container.peek({} as never)).toThrow(expect.objectContaining({ code: 'HF_SCHEMA' }));
    await expect(container.flush('x', { to: 'n9' })).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
    const counters = await cluster.container(Counters);
    await expect(counters.execute('x', 'none' as 'add', 1)).rejects.toMatchObject({ code: 'HF_UNKNOWN_OPERATION' });
  });
});

it('readers that exclude each other read one after the other, on one node too', async () => {
  const turns = await cluster.container(Turns);
  await turns.set('one', 1);
  const first = await turns.get('one', { holder: new Holder() });
  let isSecond = false;
  const second = turns.get('one', { holder: new Holder() }).then((lease) => {
    isSecond = true;
    return lease;
  });
  await turns.read('another');
  expect(isSecond).toBe(false);
  first?.[Symbol.dispose]();
  using lease = await second;
  expect(lease?.value).toBe(1);
});
