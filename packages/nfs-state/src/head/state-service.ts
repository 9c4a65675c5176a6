import type { LogEnv } from '../kernel/log-env.ts';
import { anything, type LogPlan, type LogRecord } from '../kernel/log-types.ts';
import { plainBytes } from '../kernel/plain-bytes.ts';
import { planRecord, type RecordPlan } from '../kernel/plan-record.ts';
import { clientKey, fileKey, keysOf } from '../kernel/record-keys.ts';
import type { Request } from '../kernel/request.ts';
import { clientOf } from '../kernel/request-client.ts';
import { applyDelta, emptyNfsState } from '../kernel/state-deltas.ts';
import { snapshotOf } from '../kernel/state-snapshot.ts';
import type { ClientId, Delta, Here, Mint, NfsState, Operation, Reply } from '../kernel/state-types.ts';
import { recordOverheadBytes, type StateBounds, stateBoundsDefault } from '../limits.ts';
import { type priorities, priorityOf } from './priority.ts';

type OwnOperation = 'expire' | 'keep' | 'restart-leases' | 'end-grace' | 'delegation-revoke' | 'layout-revoke';

/** What is asked of the log: by a client, or by its head. */
export type HeadRequest =
  | {
      readonly by: 'client';
      readonly request: Request;
      /** The other heads should hear of the client whose lease it renews. */
      readonly renews: boolean;
      /** The heads did not agree to expire who is in the way: refuse. */
      readonly insists: boolean;
    }
  | { readonly by: 'head'; readonly operation: Extract<Operation, { type: OwnOperation }> };

export type Answering =
  /** `volatile`: to be changed from memory to memory as it is given. */
  | { readonly kind: 'reply'; readonly reply: Reply; readonly volatile: readonly Delta[] }
  /** Ask again once this head serves, or once a client that it gave up is kept or gone. */
  | { readonly kind: 'later'; readonly client: ClientId | undefined }
  /** Ask again once the heads agreed whether that client is expired. */
  | { readonly kind: 'in the way'; readonly client: ClientId };

/** What a head knows of clients beside the state. */
export interface HeadKnowledge extends Here {
  /** It serves, and the other heads know. */
  readonly isOpen: () => boolean;
  readonly mustWait: (client: ClientId) => boolean;
}

/** What a read, write or renewal rests on: records that touch none of it do not hold it up. */
function restsOn(state: NfsState, { operation }: Request, reply: Reply): readonly string[] {
  if (reply.status !== 'OK') return [anything];
  if (operation.type === 'renew') return [clientKey(operation.client)];
  if (operation.type !== 'io') return [anything];
  const { key } = operation.stateid;
  const client = state.opens.get(key)?.client ?? state.locks.get(key)?.client;
  return [fileKey(operation.file), ...(client === undefined ? [] : [clientKey(client)])];
}

const undecided: Reply = { status: 'DELAY', isUndecided: true };

/** Answers that rest on nothing and change nothing. */
const atOnce = (answer: Answering): LogPlan => ({
  answer,
  change: undefined,
  takesAway: false,
  compares: [],
  touches: [],
  mayBeBehind: false,
});

/** The state of NFSv4 as what the log replicates. */
export class StateService
  implements Pick<LogEnv, 'plan' | 'apply' | 'save' | 'load' | 'empty' | 'bytesOf' | 'tooLarge'>
{
  readonly #mint: Mint;
  readonly #table: ReturnType<typeof priorities>;
  readonly #here: HeadKnowledge;
  readonly #bounds: StateBounds = stateBoundsDefault;

  constructor(mint: Mint, table: ReturnType<typeof priorities>, here: HeadKnowledge) {
    this.#mint = mint;
    this.#table = table;
    this.#here = here;
  }

  plan(image: unknown, asked: unknown): LogPlan {
    const state = image as NfsState;
    const asking = asked as HeadRequest;
    if (asking.by === 'head') {
      const request = { operation: asking.operation };
      return this.#recordOf(state, request, this.#planned(state, request, false), []);
    }
    const { request, insists, renews } = asking;
    const client = clientOf(state, request);
    if (request.isWanted?.() === false) return atOnce({ kind: 'reply', reply: undecided, volatile: [] });
    if (!this.#here.isOpen()) return atOnce({ kind: 'later', client: undefined });
    if (client !== undefined && this.#here.mustWait(client)) return atOnce({ kind: 'later', client });
    const plan = this.#planned(state, request, insists);
    const [lapsed] = plan.lapsed;
    if (lapsed !== undefined) return atOnce({ kind: 'in the way', client: lapsed });
    const renewal: Delta[] = renews && client !== undefined ? [{ type: 'renewed', client }] : [];
    return this.#recordOf(state, request, plan, [...plan.steps, ...renewal]);
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

  bytesOf({ touches, change }: LogRecord): number {
    return recordOverheadBytes + plainBytes(touches) + plainBytes(change);
  }

  tooLarge(): Answering {
    return { kind: 'reply', reply: { status: 'RESOURCE' }, volatile: [] };
  }

  #planned(state: NfsState, request: Request, insists: boolean): RecordPlan {
    const { isLapsed, canRecall, self } = this.#here;
    const here: Here = { isLapsed: insists ? () => false : isLapsed, canRecall, self };
    return planRecord(state, request, { mint: this.#mint, bounds: this.#bounds, here });
  }

  /** A record that is durable anyhow takes along what need not be: `steps` are such changes. */
  #recordOf(state: NfsState, request: Request, plan: RecordPlan, steps: readonly Delta[]): LogPlan {
    const { reply, takesAway, compares, touches, mayBeBehind } = plan;
    const deltas = [...plan.deltas, ...steps];
    if (deltas.length > 0 && priorityOf(this.#table, deltas) === 'durable') {
      const answer: Answering = { kind: 'reply', reply, volatile: [] };
      const keys = keysOf(state, steps);
      const compared = [...new Set([...compares, ...keys.compares])];
      return { answer, change: deltas, takesAway, compares: compared, touches, mayBeBehind };
    }
    const isRefusal = plan.deltas.length > 0 && reply.status !== 'OK';
    return {
      answer: { kind: 'reply', reply, volatile: deltas } satisfies Answering,
      change: undefined,
      takesAway: false,
      compares: restsOn(state, request, reply),
      touches: [],
      mayBeBehind: mayBeBehind || isRefusal,
    };
  }
}
