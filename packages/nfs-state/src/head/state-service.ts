import { anything, type LogEnv, type LogPlan } from '../kernel/log-types.ts';
import { planRecord, type Request } from '../kernel/plan-record.ts';
import { clientKey, fileKey } from '../kernel/record-keys.ts';
import { applyDelta, emptyNfsState } from '../kernel/state-deltas.ts';
import { snapshotOf } from '../kernel/state-snapshot.ts';
import type { Delta, Here, Mint, NfsState, Reply } from '../kernel/state-types.ts';
import { type StateBounds, stateBoundsDefault } from '../limits.ts';
import { type priorities, priorityOf } from './priority.ts';

/** The answer, and what is to be changed from memory to memory as it is given. */
export interface Answering {
  readonly reply: Reply;
  readonly volatile: readonly Delta[];
}

/** No head expires clients by itself yet, and none has a way to ask a delegation back. */
const here: Here = { isLapsed: () => false, canRecall: () => false };

/** What a read, write or renewal rests on: records that touch none of it do not hold it up. */
function restsOn(state: NfsState, { operation }: Request, reply: Reply): readonly string[] {
  if (reply.status !== 'OK') return [anything];
  if (operation.type === 'renew') return [clientKey(operation.client)];
  if (operation.type !== 'io') return [anything];
  const { key } = operation.stateid;
  const client = state.opens.get(key)?.client ?? state.locks.get(key)?.client;
  return [fileKey(operation.file), ...(client === undefined ? [] : [clientKey(client)])];
}

/** The state of NFSv4 as what the log replicates. */
export class StateService implements Pick<LogEnv, 'plan' | 'apply' | 'save' | 'load' | 'empty'> {
  readonly #mint: Mint;
  readonly #table: ReturnType<typeof priorities>;
  readonly #bounds: StateBounds = stateBoundsDefault;

  constructor(mint: Mint, table: ReturnType<typeof priorities>) {
    this.#mint = mint;
    this.#table = table;
  }

  plan(image: unknown, asked: unknown): LogPlan {
    const state = image as NfsState;
    const request = asked as Request;
    // A head that took over knows only of the requests that changed something.
    const planning = { mint: this.#mint, bounds: this.#bounds, here, afterTakeover: true };
    const { reply, deltas, compares, touches, takesAway, mayBeBehind } = planRecord(state, request, planning);
    if (deltas.length > 0 && priorityOf(this.#table, deltas) === 'durable') {
      const answer: Answering = { reply, volatile: [] };
      return { answer, change: deltas, takesAway, compares, touches, mayBeBehind };
    }
    const answer: Answering = { reply, volatile: deltas };
    const rests = restsOn(state, request, reply);
    const isRefusal = deltas.length > 0 && reply.status !== 'OK';
    return {
      answer,
      change: undefined,
      takesAway: false,
      compares: rests,
      touches: [],
      mayBeBehind: mayBeBehind || isRefusal,
    };
  }

  apply(image: unknown, change: unknown): NfsState {
    const state = image as NfsState;
    for (const delta of change as readonly Delta[]) applyDelta(state, delta);
    return state;
  }

  save(image: unknown): readonly Delta[] {
    return snapshotOf(image as NfsState);
  }

  load(saved: unknown): NfsState {
    return this.apply(emptyNfsState(), saved);
  }

  empty(): NfsState {
    return emptyNfsState();
  }
}
