import '@holdfast/coherence';
import { threadId } from 'node:worker_threads';
import {
  Accounts,
  Batons,
  Counters,
  invalidated,
  Ledger,
  Linked,
  Small,
  Stock,
  Stuck,
  shelf,
  Traced,
  Vault,
} from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

export default Clerk.implement(async (context) => {
  const [accounts, counters] = await Promise.all([context.container(Accounts), context.container(Counters)]);
  const [stock, small] = await Promise.all([context.container(Stock), context.container(Small)]);
  const [linked, batons] = await Promise.all([context.container(Linked), context.container(Batons)]);
  const [ledger] = await Promise.all([context.container(Ledger), context.container(Stuck)]);
  const [vault, traced] = await Promise.all([context.container(Vault), context.container(Traced)]);
  return {
    read: (key) => accounts.read(key),
    peek: (key) => accounts.peek(key),
    set: ({ key, value }) => accounts.set(key, value),
    add: async ({ key, by }) => {
      const account = await accounts.grab(key, (draft) => {
        if (draft !== undefined) draft.n += by;
      });
      return account?.n ?? -1;
    },
    remove: (key) => accounts.remove(key),
    flush: ({ key, to }) => accounts.flush(key, to === undefined ? {} : { to }),
    readUntil: async ({ key, isNot, loopsMax }) => {
      let n = isNot;
      for (let loops = 0; n === isNot && loops < loopsMax; loops++) {
        using lease = await accounts.get(key);
        n = lease?.value.n ?? -1;
      }
      return n;
    },
    flushAll: async ({ to }) => (await accounts.flushSet(to === undefined ? {} : { to: () => to })).length,
    count: async ({ key, times }) => {
      for (let left = times; left > 0; left--) {
        await counters.grab(key, (draft) => {
          draft.n += 1;
        });
      }
    },
    countSync: async ({ key, times, atOnce }) => {
      if (!atOnce) await undefined;
      for (let left = times; left > 0; left--) {
        counters.grabSync(key, (draft) => {
          draft.n += 1;
        });
      }
      using lease = counters.getSync(key);
      return lease.value.n;
    },
    move: async ({ keys, times }) => {
      for (let left = times; left > 0; left--) {
        await accounts.grabAll(keys, (drafts) => {
          drafts.at(0)!.n -= 1;
          drafts.at(-1)!.n += 1;
        });
      }
    },
    execute: ({ key, by }) => counters.execute(key, 'add', by),
    shelf: () => [...shelf],
    invalidated: () => invalidated,
    stock: (key) => stock.read(key),
    restock: ({ key, value }) => stock.set(key, value),
    sync: (key) => stock.sync(key),
    fill: async (count) => {
      for (let n = 0; n < count; n++) await small.set(`s${n}`, `value ${n}`);
      return small.counters().values;
    },
    small: (key) => small.read(key),
    thread: () => threadId,
    linked: async (key) => (await linked.read(key))?.loadedBy ?? -1,
    pass: async (key) => {
      await batons.read(key);
      await batons.grab(key, (draft) => ({ n: (draft?.n ?? 0) + 1 }));
    },
    enter: ({ key, n }) => ledger.set(key, { n }),
    entry: async (key) => (await ledger.read(key))?.n,
    passes: () => Object.values(batons.counters().sent).reduce((sum, count) => sum + count, 0),
    traced: async ({ key, does }) => {
      if (does === 'read') await traced.read(key);
      else if (does === 'add') await traced.grab(key, ({ n }) => ({ n: n + 1 }));
      else if (does === 'execute') await traced.execute(key, 'add', 1);
      else if (does === 'remove') await traced.remove(key);
      else if (does === 'flush') await traced.flush(key);
      else if (does === 'peek') traced.find(key)?.[Symbol.dispose]();
      else (await traced.tryGrab(key))?.[Symbol.dispose]();
    },
    deposit: async ({ key, times }) => {
      for (let left = times; left > 0; left--) {
        await vault.grab(key, (draft) => {
          draft.n += 1;
        });
      }
      return times;
    },
    vault: async (key) => (await vault.read(key)).n,
    counter: async (key) => (await counters.read(key)).n,
  };
});
