import { noBackup } from './backup.ts';
import { answerExecute } from './execute-answers.ts';
import { releaseWriter } from './leases.ts';
import type { ObjectEnv } from './object-env.ts';
import type { NodeId, ObjectEntry, ObjectMessage, ObjectSink } from './object-types.ts';

/** SHADOW_ACK: another node has the value too. */
export function shadowAcknowledged(
  entry: ObjectEntry,
  from: NodeId,
  { version }: Extract<ObjectMessage, { type: 'SHADOW_ACK' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  if (!entry.backup.unsaved || version !== entry.version) return;
  saved(entry, from, env, out);
}

/** The value is as safe as it can be: now it may be seen, and the call that wrote it returns. */
export function saved(entry: ObjectEntry, at: NodeId, env: ObjectEnv, out: ObjectSink): void {
  const { pending } = entry.backup;
  entry.backup = { ...noBackup, at };
  out.trace('saved', entry.payload);
  releaseWriter(entry, env, out);
  if (pending === undefined) return;
  if (pending.type === 'put') out.reply(pending.call, { outcome: 'done' });
  else answerExecute(entry, pending.item, 'executed', pending.result, env, out);
}
