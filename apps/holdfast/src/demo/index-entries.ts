import { defineContainer } from '@holdfast/coherence';
import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

const IndexedFile = z.object({ bytes: z.int(), sha256: z.string() });

/** What is known of each stored file, shared by the nodes as coherent objects, each on two of them. */
export const TreeEntries = defineContainer('tree', { key: z.string(), value: IndexedFile, backup: 1 });

const named = z.object({ key: z.string(), file: IndexedFile });

/** A node's part in the index. */
export const IndexClerk = defineService('index-clerk', {
  note: rpc({ in: named }),
  /** What this node finds under each key; those it finds nothing under are left out. */
  find: rpc({ in: z.array(z.string()), out: z.array(named) }),
});
