import type { StateBounds } from '../limits.ts';
import { anything } from './log-types.ts';
import { refuse } from './owner-turns.ts';
import { planOperation } from './plan-operation.ts';
import { judgeSlot, slotDelta, slotStep } from './plan-sessions.ts';
import { fileKey, graceKey, keysOf, type RecordKeys, takesAway } from './record-keys.ts';
import { readReply, replyText } from './reply-text.ts';
import type { Request } from './request.ts';
import { heldUnder, namedBy, refusalOfForeign } from './request-client.ts';
import type { ClientId, Delta, HeadMemory, Here, Mint, NfsState, Operation, Reply, SessionId } from './state-types.ts';

/** What a head does about a request: append a record and answer, or answer. */
export interface RecordPlan extends RecordKeys {
  readonly reply: Reply;
  /** Empty where there is nothing to append. */
  readonly deltas: readonly Delta[];
  /** What changes besides, and may be lost. */
  readonly steps: readonly Delta[];
  /** Every head must have applied the record, or be fenced, before the answer. */
  readonly takesAway: boolean;
  /**
   * Nothing changes, and a head that is behind would answer wrongly: apply the log to its end, wait until every head has,
   * and plan again.
   */
  readonly mayBeBehind: boolean;
  readonly lapsed: readonly ClientId[];
}

export interface Planning {
  readonly mint: Mint;
  readonly bounds: StateBounds;
  readonly here: Here;
}

/** Operations that change nothing but marks of recalls: their step of a slot may be lost. */
const looksOnly: ReadonlySet<Operation['type']> = new Set([
  'io',
  'renew',
  'bind-connection',
  'lock-test',
  'test-stateid',
  'change-file',
  'layout-io',
  'layout-recall',
]);

const answersAtOnce: ReadonlySet<Operation['type']> = new Set(['io', 'layout-io', 'renew']);

/**
 * Whether an answer is right although other heads changed something since: a read or write that is allowed, because
 * whoever takes the right away waits for this head; and a renewal.
 */
const isRightAnyhow = (operation: Operation, reply: Reply): boolean =>
  answersAtOnce.has(operation.type) && reply.status === 'OK';

/** What of a file it is that an operation looks at, also where it changes nothing: a stateid that is not there may come. */
function decidedOn(state: NfsState, operation: Operation): readonly string[] {
  if ('file' in operation) return [fileKey(operation.file)];
  const key = namedBy(operation);
  if (key === undefined) return [];
  const found = heldUnder(state, key);
  return [found === undefined ? anything : fileKey(found.file)];
}

const graceOf = ({ grace }: NfsState): readonly string[] => (grace === undefined ? [] : [graceKey]);

interface Besides {
  readonly lapsed?: readonly ClientId[];
  readonly steps?: readonly Delta[];
}

function answered(reply: Reply, mayBeBehind: boolean, { lapsed = [], steps = [] }: Besides = {}): RecordPlan {
  const compares = mayBeBehind ? [anything] : [];
  return { reply, deltas: [], steps, compares, touches: [], takesAway: false, mayBeBehind, lapsed };
}

/** Whether the session was served by the head that made it only, and that is another one. */
function isNewHere({ sessions }: NfsState, session: SessionId, self: HeadMemory): boolean {
  const { servedBy } = sessions.get(session)!;
  return servedBy !== undefined && servedBy !== self;
}

/** Whether the session is gone after these, and its slots with it. */
function endsSession({ sessions, names }: NfsState, deltas: readonly Delta[], session: SessionId): boolean {
  return deltas.some((delta) => {
    if (delta.type === 'session-gone') return delta.session === session;
    if (delta.type !== 'client-confirmed') return false;
    const { id, name } = delta.client;
    return names.get(name) === sessions.get(session)!.client && names.get(name) !== id;
  });
}

/**
 * A request as a record of the log that heads share. What could have changed something leaves its answer in its slot even
 * where it was refused: a copy of it that comes late to another head must not be carried out there.
 */
export function planRecord(state: NfsState, { operation, slot }: Request, planning: Planning): RecordPlan {
  const { mint, bounds, here } = planning;
  const verdict = slot === undefined ? undefined : judgeSlot(state, slot, here.self);
  if (verdict?.verdict === 'refuse') return answered({ status: verdict.status }, true);
  if (verdict?.verdict === 'repeat') return answered(readReply(verdict.reply), true);
  const foreign = slot === undefined ? undefined : refusalOfForeign(state, operation, slot.session);
  const plan = foreign === undefined ? planOperation(state, operation, mint, bounds, here) : refuse(foreign);
  if (plan.lapsed !== undefined) return answered(plan.reply, true, { lapsed: plan.lapsed });
  const keepsSlot = slot !== undefined && !looksOnly.has(operation.type);
  const isOver = slot === undefined || endsSession(state, plan.deltas, slot.session);
  const deltas = [...plan.deltas];
  if (!isOver && isNewHere(state, slot.session, here.self)) {
    deltas.push({ type: 'session-shared', session: slot.session });
  }
  if (!isOver && keepsSlot) deltas.push(slotDelta(slot, replyText(plan.reply)));
  const steps = isOver || keepsSlot ? [] : [slotStep(slot)];
  if (deltas.length === 0) return answered(plan.reply, !isRightAnyhow(operation, plan.reply), { steps });
  const keys = keysOf(state, deltas);
  return {
    reply: plan.reply,
    deltas,
    steps,
    compares: [...new Set([...keys.compares, ...decidedOn(state, operation), ...graceOf(state)])],
    touches: keys.touches,
    takesAway: deltas.some((delta) => takesAway(state, delta)),
    mayBeBehind: false,
    lapsed: [],
  };
}
