import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';
import { Account } from './accounts.ts';

const key = z.string();

/** Uses the containers on a node, as told. */
export const Clerk = defineService('clerk', {
  read: rpc({ in: key, out: Account.optional() }),
  peek: rpc({ in: key, out: Account.optional() }),
  set: rpc({ in: z.object({ key, value: Account }) }),
  add: rpc({ in: z.object({ key, by: z.int() }), out: z.int() }),
  remove: rpc({ in: key, out: z.boolean() }),
  flush: rpc({ in: z.object({ key, to: z.string().optional() }), out: z.boolean() }),
  /** Read over and over, without a pause, until the object is another; its number then. */
  readUntil: rpc({ in: z.object({ key, isNot: z.int(), loopsMax: z.int() }), out: z.int() }),
  /** Give up everything: how many objects nobody took. */
  flushAll: rpc({ in: z.object({ to: z.string().optional() }), out: z.int() }),
  /** Add one to a counter so many times, one after the other. */
  count: rpc({ in: z.object({ key, times: z.int() }) }),
  /** As `count`, blocking the thread; with `atOnce` from inside the delivery of the call itself. */
  countSync: rpc({ in: z.object({ key, times: z.int(), atOnce: z.boolean() }), out: z.int() }),
  /** Take one from the first and add it to the last, so many times. */
  move: rpc({ in: z.object({ keys: z.array(key), times: z.int() }) }),
  execute: rpc({ in: z.object({ key, by: z.int() }), out: z.int() }),
  /** What this node's device has, as JSON. */
  shelf: rpc({ out: z.array(z.tuple([z.string(), z.number()])) }),
  invalidated: rpc({ out: z.array(z.string()) }),
  stock: rpc({ in: key, out: z.number().optional() }),
  restock: rpc({ in: z.object({ key, value: z.number() }) }),
  sync: rpc({ in: key, out: z.boolean() }),
  /** Set so many small objects; how many of them are here afterwards. */
  fill: rpc({ in: z.int(), out: z.int() }),
  small: rpc({ in: key, out: z.string().optional() }),
  thread: rpc({ out: z.int() }),
  linked: rpc({ in: key, out: z.int() }),
  /** Read, then add one. */
  pass: rpc({ in: key }),
  /** Messages of this node about batons. */
  passes: rpc({ out: z.int() }),
  /** One call on a traced object. */
  traced: rpc({ in: z.object({ key, does: z.enum(['read', 'add', 'execute', 'remove', 'flush', 'try', 'peek']) }) }),
  /** Add one to an object with a backup, so many times: how many were acknowledged. */
  deposit: rpc({ in: z.object({ key, times: z.int() }), out: z.int() }),
  vault: rpc({ in: key, out: z.int() }),
  counter: rpc({ in: key, out: z.int() }),
  /** Write an object that goes to its file first; read one. */
  enter: rpc({ in: z.object({ key, n: z.int() }) }),
  entry: rpc({ in: key, out: z.int().optional() }),
});
