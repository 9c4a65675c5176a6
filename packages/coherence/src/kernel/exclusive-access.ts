import { withMigratory } from './baggage.ts';
import { onlyNode } from './node-set.ts';
import type { ObjectEnv } from './object-env.ts';
import type { ObjectEntry, ObjectSink } from './object-types.ts';

/** Make this owner the only one with a copy; false while acknowledgements are awaited. */
export function claim(entry: ObjectEntry, { self, rules }: ObjectEnv, out: ObjectSink): boolean {
  if (entry.status === 'READ_OWNER') {
    const others = rules.toInvalidate(entry.copyset, self, self);
    for (const other of others) out.send(other, { type: 'INV', version: entry.version, writer: self });
    // Others read what this node goes on writing: the object does not wander.
    if (others.length > 0) entry.baggage = withMigratory(entry.baggage, false);
    entry.copyset = onlyNode(self);
    entry.awaited = others;
    if (!rules.isComplete(others)) {
      entry.status = 'WAIT_ACK_WRITE';
      return false;
    }
  }
  entry.status = 'WRITE_OWNER';
  return true;
}
