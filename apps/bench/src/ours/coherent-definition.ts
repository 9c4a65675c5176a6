import { defineContainer } from '@holdfast/coherence';
import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';
import { textOf } from '../load/keys.ts';

/** Objects spread over all nodes: each exists, with a text, as soon as somebody touches it. */
export const Objects = defineContainer('bench objects', {
  key: z.int(),
  value: z.object({ n: z.int(), text: z.string() }),
  initial: () => ({ n: 0, text: textOf(0) }),
  operations: {
    add: (draft, by: number) => {
      draft.n += by;
      return draft.n;
    },
  },
});

/** The same, all at home on the first node, so that no request is passed on. */
export const HomedObjects = defineContainer('bench homed objects', {
  key: z.int(),
  value: z.object({ n: z.int(), text: z.string() }),
  initial: () => ({ n: 0, text: textOf(0) }),
  defaultOwner: { fixed: 'n0' },
});

const Range = z.object({ first: z.int(), count: z.int() });
const Figures = z.object({ calls: z.int(), p50us: z.number(), messages: z.int() });

/** Uses the objects on a node, as a question wants it. */
export const Coherent = defineService('bench coherent', {
  /** Write every homed object of the range, one after the other. */
  fill: rpc({ in: Range }),
  /** Fetch a copy of every homed object of the range. */
  readAll: rpc({ in: Range }),
  /** One call on each homed object of the range, one at a time. */
  each: rpc({ in: Range.extend({ what: z.enum(['read', 'write']) }), out: Figures }),
  /** Calls on one key that is here and stays here, for a while: nanoseconds for each, of this thread. */
  hits: rpc({ in: z.object({ what: z.enum(['peek', 'get']), ms: z.number() }), out: z.number() }),
  /** Calls on one key that all nodes want, for a while; how many. */
  contend: rpc({
    in: z.object({ what: z.enum(['execute', 'grab']), outstanding: z.int(), ms: z.number() }),
    out: z.int(),
  }),
  /** Give every object of the range, spread over all nodes, a value. */
  stock: rpc({ in: Range }),
  /** Fetch a copy of every object of the range, spread over all nodes. */
  collect: rpc({ in: Range }),
  /** Reads and writes by Zipf's law, for a while. */
  drive: rpc({
    in: z.object({
      keys: z.int(),
      outstanding: z.int(),
      writeEvery: z.int(),
      ms: z.number(),
      seed: z.int(),
    }),
    out: z.object({ calls: z.int(), reads: z.int(), hits: z.int(), messages: z.int() }),
  }),
  /** Messages this node has sent about homed objects. */
  sent: rpc({ out: z.int() }),
  /** Bytes this thread holds for each of `count` objects, beyond key and value. */
  memory: rpc({ in: z.int(), out: z.number() }),
});
