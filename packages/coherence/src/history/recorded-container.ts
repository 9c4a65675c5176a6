import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';
import { defineContainer } from '../container/definition.ts';

/** The objects that recorded calls are made on: absent at first, numbered, each value written once. */
export const Recorded = defineContainer('holdfast.history', {
  key: z.int(),
  value: z.object({ v: z.int() }),
  operations: {
    exchange: (draft, value: number) => {
      const saw = draft.v;
      draft.v = value;
      return saw;
    },
  },
});

/** Makes recorded calls on the node it runs on. */
export const HistoryClients = defineService('holdfast.history', {
  /**
   * `clients` callers, each making one call after the other, until the node has recorded `until` calls. One call in
   * `hotEvery` is on object 0.
   */
  run: rpc({
    in: z.object({ node: z.int(), clients: z.int(), until: z.int(), hotEvery: z.int(), seed: z.int() }),
    out: z.object({ recorded: z.int(), errors: z.record(z.string(), z.int()) }),
  }),
});
