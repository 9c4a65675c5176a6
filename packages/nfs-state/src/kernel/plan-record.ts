import type { StateBounds } from '../limits.ts';
import { planOperation } from './plan-operation.ts';
import { keysOf, takesAway } from './record-keys.ts';
import type { ClientId, Delta, IsLapsed, Mint, NfsState, Operation, Reply } from './state-types.ts';

/** What a head does about an operation: append a record and answer, or answer. */
export interface RecordPlan {
  readonly reply: Reply;
  /** Empty where there is nothing to append. */
  readonly deltas: readonly Delta[];
  /** The record is refused where one of these was touched by a record that its head had not applied. */
  readonly compares: readonly string[];
  readonly touches: readonly string[];
  /** Every head must have applied the record, or be fenced, before the answer. */
  readonly takesAway: boolean;
  /**
   * Nothing changes, and a head that is behind would answer wrongly: apply the log to its end, wait until what it says is
   * settled, and plan again.
   */
  readonly mayBeBehind: boolean;
  readonly lapsed: readonly ClientId[];
}

/**
 * Whether an answer is right although other heads changed something since: a read or write that is allowed, because
 * whoever takes the right away waits for this head; and a renewal.
 */
const isRightAnyhow = (operation: Operation, reply: Reply): boolean =>
  (operation.type === 'io' || operation.type === 'renew') && reply.status === 'OK';

/** {@link planOperation} as a record of the log that heads share. */
export function planRecord(
  state: NfsState,
  operation: Operation,
  mint: Mint,
  bounds: StateBounds,
  isLapsed: IsLapsed,
): RecordPlan {
  const { reply, deltas, lapsed = [] } = planOperation(state, operation, mint, bounds, isLapsed);
  return {
    reply,
    deltas,
    ...keysOf(state, deltas),
    takesAway: deltas.some((delta) => takesAway(state, delta)),
    mayBeBehind: deltas.length === 0 && !isRightAnyhow(operation, reply),
    lapsed,
  };
}
