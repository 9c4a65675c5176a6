import {
  applyDelta,
  emptyNfsState,
  type LocalHead,
  type Mint,
  type NfsState,
  type Operation,
  type Plan,
  planOperation,
  type Reply,
  type Request,
  type StateBounds,
  stateBoundsDefault,
} from '@holdfast/nfs-state';

/** One head on its own: what is planned is applied at once. */
export class Head implements LocalHead {
  readonly state: NfsState = emptyNfsState();
  /** Clients whose leases ran out. */
  readonly lapsed = new Set<string>();
  /** Clients that answer callbacks. */
  readonly answering = new Set<string>();
  readonly bounds: StateBounds;
  readonly mint: Mint;
  #minted = 0n;

  constructor(bounds: Partial<StateBounds> = {}, epoch = 1) {
    this.bounds = { ...stateBoundsDefault, ...bounds };
    this.mint = { epoch, node: 3, next: () => ++this.#minted };
  }

  do(operation: Operation): Reply {
    const { reply, deltas } = this.plan(operation);
    for (const delta of deltas) applyDelta(this.state, delta);
    return reply;
  }

  /** As servers on its node ask it. */
  async ask({ operation }: Request): Promise<Reply> {
    return this.do(operation);
  }

  plan(operation: Operation): Plan {
    return planOperation(this.state, operation, this.mint, this.bounds, {
      isLapsed: (client) => this.lapsed.has(client),
      canRecall: (client) => this.answering.has(client),
      self: 'here',
    });
  }

  /** A confirmed client. */
  client(name: string, verifier = '1', principal = 'someone'): string {
    const { clientId, confirm } = this.do({ type: 'setclientid', name, verifier, principal, callback: '' });
    this.do({ type: 'setclientid-confirm', client: clientId!, confirm: confirm!, principal });
    return clientId!;
  }

  /** A client of NFSv4.1 that has a session, and nothing to reclaim. */
  client41(name: string, slots = 4): { readonly id: string; readonly session: string } {
    const principal = 'someone';
    const asked = { type: 'exchange-id', name, verifier: '1', principal, update: false } as const;
    const { clientId: client, sequence } = this.do(asked) as Required<Reply>;
    const { session } = this.do({ type: 'create-session', client, sequence, principal, slots });
    this.do({ type: 'reclaim-complete', client });
    return { id: client, session: session! };
  }

  /** A file opened by a new owner that confirmed itself; its next seqid is 3. */
  open(client: string, owner: string, file: string, access = 3, deny = 0): Reply {
    const opened = this.do({ type: 'open', client, owner, seqid: 1, file, access, deny });
    return this.do({ type: 'open-confirm', stateid: opened.stateid!, seqid: 2 });
  }
}

/** The second step of an expiry nobody objected to. */
export const expiry = (client: string): Operation => ({ type: 'expire', client, kept: 0, restarts: 0 });
