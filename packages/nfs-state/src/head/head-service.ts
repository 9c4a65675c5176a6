import { defineService, rpc, stream } from '@holdfast/runtime/service';
import { z } from 'zod';
import { headSteps } from './head-holds.ts';
import type { Recall } from './head-recalls.ts';
import { ClientOperation, ClientSlot } from './operation-message.ts';
import type { Priority } from './priority.ts';

/** What a head is deployed with. */
export const HeadOptions = z.object({
  heads: z.array(z.int().min(0)).min(1),
  priority: z.record(z.string(), z.enum(['durable', 'volatile'] satisfies Priority[])),
  snapshotRecords: z.int().min(0),
  leaseMs: z.int().min(1),
  /** Leases go by a clock that only `turn` moves. */
  steersClock: z.boolean(),
  requestWaitMs: z.int().min(1),
});

const Place = z.object({
  phase: z.string(),
  epoch: z.int(),
  appender: z.int(),
  serving: z.boolean(),
  applied: z.int(),
  /** What it wrote to the log as an appender, with padding. */
  logBytes: z.int(),
  logBatches: z.int(),
});
export type HeadPlace = z.output<typeof Place>;

/** Kinds of state that are shown. */
export const tableNames = ['clients', 'opens', 'locks'] as const;
export type TableName = (typeof tableNames)[number];

const RecallForm = z.object({
  type: z.enum(['delegation', 'layout']),
  stateid: z.object({ key: z.string(), seqid: z.int() }),
  file: z.string(),
}) satisfies z.ZodType<Recall>;

/** A head as its clients, and those who watch it, call it. Replies and tables are text: they hold 64-bit numbers. */
export const HeadService = defineService('holdfast-nfs-head', {
  ask: rpc({ in: z.object({ operation: ClientOperation, slot: ClientSlot.optional() }), out: z.string() }),
  place: rpc({ out: Place }),
  /** Throws what is wrong with the log that no waiting will mend. */
  readable: rpc({ out: z.void() }),
  /** All there is of one kind. */
  table: rpc({ in: z.enum(tableNames), out: z.string() }),
  leases: rpc({ out: z.array(z.object({ client: z.string(), leftMs: z.number() })) }),
  recalls: stream({ in: z.object({ client: z.string().max(1024) }), out: RecallForm }),
  /** The status: OK, or DELAY while they are held. */
  recallLayouts: rpc({ in: z.object({ file: z.string().max(1024), except: z.string().optional() }), out: z.string() }),
  standAside: rpc({ out: z.void() }),
  hold: rpc({ in: z.enum(headSteps), out: z.void() }),
  held: rpc({ out: z.void() }),
  release: rpc({ out: z.void() }),
  turn: rpc({ in: z.object({ ms: z.number().min(0), stalls: z.boolean() }), out: z.void() }),
});
