import { keepOnDevice } from './device.ts';
import { claim } from './exclusive-access.ts';
import type { ObjectEnv } from './object-env.ts';
import { type FlushCall, type ObjectEntry, type ObjectSink, storer } from './object-types.ts';

/**
 * Nobody takes the only copy. It is never dropped: it goes to the device of the default owner, and is forgotten once it
 * is there. Where there is no device it stays, and whoever wants room for another object is told that the set is full.
 */
export function evictToDevice(entry: ObjectEntry, call: FlushCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (env.evictsTo !== 'device') {
    out.reply(call.call, { outcome: 'full' });
    return true;
  }
  if (!claim(entry, env, out)) return false;
  entry.writer = storer;
  keepOnDevice(entry, call.call, env, out);
  return false;
}
