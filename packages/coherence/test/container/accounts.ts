import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { defineContainer } from '@holdfast/coherence';
import { z } from 'zod';

export const Account = z.object({ n: z.int(), tags: z.array(z.string()) });

/** Objects that begin to exist when they are set. */
export const Accounts = defineContainer('accounts', { key: z.string(), value: Account });

/** Objects that exist as soon as somebody touches them. */
export const Counters = defineContainer('counters', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  initial: () => ({ n: 0 }),
  operations: {
    add: (draft, by: number) => {
      draft.n += by;
      return draft.n;
    },
    refuse: () => {
      throw new RangeError('on purpose');
    },
    late: async () => undefined,
  },
});

/** Loaded on the default owner only. */
export const Linked = defineContainer('linked', {
  key: z.string(),
  value: z.object({ loadedBy: z.int() }),
  defaultOwner: { fixed: 'n2' },
  firstTouch: 'default-owner',
  source: { load: () => ({ loadedBy: threadId }) },
});

/** A read brings the object itself, once it was seen that readers write. */
export const Batons = defineContainer('batons', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  defaultOwner: { fixed: 'n0' },
  migratory: true,
});

/** What happens to them is recorded. */
export const Traced = defineContainer('traced', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  initial: () => ({ n: 0 }),
  trace: true,
  operations: {
    add: (draft, by: number) => {
      draft.n += by;
      return draft.n;
    },
  },
});

/** On two nodes before anybody sees it. */
export const Vault = defineContainer('vault', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  initial: () => ({ n: 0 }),
  backup: 1,
  operations: {
    add: (draft, by: number) => {
      draft.n += by;
      return draft.n;
    },
  },
});

/** Keys carry the node that made them. */
export const Tickets = defineContainer('tickets', { key: z.string(), value: z.string(), defaultOwner: 'creator' });

/** Keys of several parts, all at home on one node. */
export const Cells = defineContainer('cells', {
  key: z.tuple([z.string(), z.int()]),
  value: z.number(),
  defaultOwner: { fixed: 'n1' },
});

/** What `store` of this thread was given: the thread that matters is that of the default owner. */
export const shelf = new Map<string, number>();
/** Keys that this thread was told it has no copy of any more. */
export const invalidated: string[] = [];

/** Objects that come from outside and go there. */
export const Stock = defineContainer('stock', {
  key: z.string(),
  value: z.number(),
  defaultOwner: { fixed: 'n0' },
  loadMs: 50,
  source: {
    load: (key, signal) => {
      if (key === 'broken') throw new RangeError('on purpose');
      if (key === 'endless')
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return key.startsWith('has ') ? Number(key.slice(4)) : undefined;
    },
    store: (key, value) => {
      if (key === 'unstorable') throw new RangeError('on purpose');
      shelf.set(key, value);
    },
    invalidate: (key) => void invalidated.push(key),
    writeBehindMs: 1,
  },
});

/** Objects whose device never answers. */
export const Stuck = defineContainer('stuck', {
  key: z.string(),
  value: z.int(),
  storeMs: 50,
  source: { store: () => new Promise(() => undefined) },
});

/** Readers of one node take turns. */
export const Turns = defineContainer('turns', { key: z.string(), value: z.int(), exclusiveReaders: true });

/** A member keeps ten of these. */
export const Small = defineContainer('small', { key: z.string(), value: z.string(), budget: { objects: 10 } });

/** Where all threads of this process find what was written through. */
export const ledgerDirectory = join(tmpdir(), `holdfast-ledger-${process.pid}`);

/** Objects that are in files before anybody sees them. */
export const Ledger = defineContainer('ledger', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  source: {
    writeThrough: true,
    load: async (key) => {
      const text = await readFile(join(ledgerDirectory, key), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : { n: Number(text) };
    },
    store: async (key, { n }) => {
      if (n === 13) throw new RangeError('on purpose');
      await writeFile(join(ledgerDirectory, key), String(n));
    },
    erase: (key) => rm(join(ledgerDirectory, key), { force: true }),
  },
  operations: {
    become: (draft, n: number) => {
      draft.n = n;
    },
  },
});

/** As the ledger, but with a device that answers at once, or never. */
export const Deaf = defineContainer('deaf', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  defaultOwner: { fixed: 'n0' },
  storeMs: 50,
  source: {
    writeThrough: true,
    load: () => undefined,
    store: (_key, { n }) => (n === 14 ? new Promise(() => undefined) : undefined),
  },
});
