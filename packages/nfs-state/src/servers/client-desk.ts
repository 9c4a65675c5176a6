import { StateDelayedError } from '../errors.ts';
import type { FileId } from '../file-port.ts';
import type { LocalHead } from '../head/local-head.ts';
import {
  type AskedRange,
  endOfFile,
  type Layout,
  type Locks,
  type NfsState,
  type Open,
  type Operation,
  type Reply,
  shareBoth,
} from '../kernel/state-types.ts';
import { stateTriesMax } from '../limits.ts';
import { ClientRecords, principal } from './client-records.ts';

/** A layout that a client holds. `layout`: the generation data servers know it by, or a later one. */
export interface HeldLayout {
  readonly client: string;
  readonly file: FileId;
  readonly layout: number;
}

export interface LockWanted {
  readonly client: string;
  /** Whoever holds the lock on the client: locks of one owner do not conflict. */
  readonly owner: string;
  readonly file: FileId;
  readonly type: 'read' | 'write';
  readonly offset: number;
  /** 0: to the end of the file, however far it grows. */
  readonly bytes: number;
}

export type OpenStatus = 'OK' | 'fenced' | 'SHARE_DENIED' | 'RESOURCE';

const wholeFile: AskedRange = { offset: 0n, length: endOfFile - 1n };

/**
 * Leases, opens, layouts and locks of the clients of page servers, as operations on the state that heads share: what was
 * granted here outlives this server. A client is one of NFSv4.1 there, and the number of its lease is its verifier.
 *
 * Generations of layouts are between this server, its clients and the data servers. Those of a server before are all below
 * the floor of this one.
 */
export class ClientDesk {
  readonly #head: LocalHead;
  readonly #records: ClientRecords;
  readonly #floor: number;
  #last: number;
  /** Of the layouts that were granted by this server. */
  readonly #generations = new Map<FileId, Map<string, number>>();

  /** @param epoch higher than that of every metadata server before. */
  constructor(head: LocalHead, epoch: number) {
    this.#head = head;
    this.#records = new ClientRecords(() => head.state);
    this.#floor = epoch * 2 ** 32;
    this.#last = this.#floor;
  }

  /** A number that no lease and no layout has had, higher than all before. */
  nextNumber(): number {
    return ++this.#last;
  }

  /** Clients of page servers that have a lease. */
  clients(): string[] {
    return this.#records.clients().map(({ name }) => name);
  }

  /** Begin a new lease of a client; one it had before has ended by then. Numbers of leases are never used again. */
  async begin(client: string): Promise<number> {
    const lease = this.nextNumber();
    const verifier = String(lease);
    const said = await this.#ask({ type: 'exchange-id', name: client, verifier, principal, update: false });
    if (said.status !== 'OK') throw new StateDelayedError(`a lease of client ${client}`, said.status);
    const { clientId, sequence } = said as Required<Reply>;
    const made = await this.#ask({ type: 'create-session', client: clientId, sequence, principal, slots: 1 });
    if (made.status !== 'OK') throw new StateDelayedError(`a session of client ${client}`, made.status);
    await this.#ask({ type: 'reclaim-complete', client: clientId });
    return lease;
  }

  /** Also counts as a renewal. */
  async isCurrent(client: string, lease: number): Promise<boolean> {
    const found = this.#records.clientOf(client);
    if (found?.verifier !== String(lease)) return false;
    return (await this.#ask({ type: 'renew', client: found.id })).status === 'OK';
  }

  /** Heads expire clients that none of them hears of: false when they did. */
  async renew(client: string): Promise<boolean> {
    const found = this.#records.clientOf(client);
    if (found === undefined) return false;
    return (await this.#head.ask({ operation: { type: 'renew', client: found.id } })).status !== 'STALE_CLIENTID';
  }

  /** All layouts that data servers may know of a client, also where its lease has ended already. */
  layoutsOf(client: string): readonly HeldLayout[] {
    const held = this.#records.layoutsOfClient(client).map((each) => this.#held(each));
    for (const [file, clients] of this.#generations) {
      const layout = clients.get(client);
      if (layout !== undefined && !held.some((each) => each.file === file)) held.push({ client, file, layout });
    }
    return held;
  }

  /** Files of which the client was asked to give its layout back. */
  recalledOf(client: string): readonly FileId[] {
    const asked = this.#records.layoutsOfClient(client).filter(({ recalledAt }) => recalledAt !== undefined);
    return asked.map(({ file }) => file);
  }

  /** End a lease and all that was held under it. */
  async end(client: string): Promise<void> {
    for (let tries = 0; tries < stateTriesMax; tries++) {
      const found = this.#records.clientOf(client);
      if (found === undefined) break;
      const { id, kept } = found;
      const { status } = await this.#head.ask({
        operation: { type: 'expire', client: id, kept, restarts: this.#state.restarts },
      });
      if (status === 'OK') break;
    }
    if (this.#records.clientOf(client) !== undefined)
      throw new StateDelayedError(`the end of client ${client}`, 'DELAY');
    for (const [file, clients] of this.#generations) {
      clients.delete(client);
      if (clients.size === 0) this.#generations.delete(file);
    }
  }

  /** Open a file, or open it again: it stays open until the client closes it or its lease ends. */
  async open(client: string, lease: number, file: FileId): Promise<OpenStatus> {
    const found = this.#records.clientOf(client);
    if (found?.verifier !== String(lease)) return 'fenced';
    const asked = { client: found.id, owner: client, seqid: 0, file, access: shareBoth, deny: 0 };
    const { status } = await this.#ask({ type: 'open', ...asked });
    if (status === 'OK' || status === 'SHARE_DENIED' || status === 'RESOURCE') return status;
    if (status === 'STALE_CLIENTID') return 'fenced';
    throw new StateDelayedError(`an open of ${file}`, status);
  }

  async close(client: string, file: FileId): Promise<void> {
    const open = this.#records.openOf(client, file);
    if (open !== undefined) await this.#ask({ type: 'close', stateid: current(open), seqid: 0 });
  }

  /** The generation of a layout that the client may write under from now on, or why it gets none. */
  async grantLayout(client: string, file: FileId): Promise<number | 'later' | 'unavailable'> {
    const open = this.#records.openOf(client, file);
    if (open === undefined) return 'later';
    const { status } = await this.#ask({
      type: 'layout-get',
      client: open.client,
      file,
      stateid: current(open),
      mode: 'write',
      range: wholeFile,
      minLength: 0n,
    });
    if (status !== 'OK') return status === 'NOTSUPP' || status === 'INVAL' ? 'unavailable' : 'later';
    const layout = this.nextNumber();
    const clients = this.#generations.get(file) ?? new Map<string, number>();
    this.#generations.set(file, clients.set(client, layout));
    return layout;
  }

  holdsLayout(client: string, file: FileId): boolean {
    return this.#records.layoutOf(client, file) !== undefined;
  }

  /** Whether what the client wrote under a layout may be made known. */
  async mayCommit(client: string, file: FileId): Promise<boolean> {
    const held = this.#records.layoutOf(client, file);
    if (held === undefined) return false;
    const { key, seqid } = held;
    const asked = { client: held.client, file, stateid: { key, seqid } };
    return (await this.#ask({ type: 'layout-commit', ...asked })).status === 'OK';
  }

  /** Nothing where the client has a later one meanwhile, or none. */
  async returnLayout({ client, file, layout }: HeldLayout): Promise<void> {
    for (let tries = 0; tries < stateTriesMax; tries++) {
      const held = this.#records.layoutOf(client, file);
      if (held === undefined || this.#held(held).layout > Math.max(layout, this.#floor)) return;
      const { key, seqid } = held;
      const asked = { client: held.client, file, stateid: { key, seqid }, mode: 'any', range: wholeFile } as const;
      const { status } = await this.#ask({ type: 'layout-return', ...asked });
      if (status === 'OK') this.#forget(client, file);
      // Asked back meanwhile, which gives it another seqid.
      else if (status !== 'OLD_STATEID') return;
    }
  }

  /** Ask all layouts of a file back, but those of one client; those that are still held. */
  async recall(file: FileId, except: string | undefined): Promise<readonly HeldLayout[]> {
    const client = except === undefined ? undefined : this.#records.clientOf(except)?.id;
    const { status } = await this.#head.ask({
      operation: { type: 'layout-recall', file, except: client, takes: true },
    });
    if (status === 'OK') return [];
    const held = this.#records.layoutsOfFile(file).filter((each) => each.client !== client);
    if (held.length === 0) throw new StateDelayedError(`layouts of ${file}`, status);
    return held.map((each) => this.#held(each));
  }

  /** Take a layout that was asked back. Nothing is written under it any more. */
  async revokeLayout({ client, file }: HeldLayout): Promise<void> {
    const held = this.#records.layoutOf(client, file);
    if (held !== undefined) await this.#ask({ type: 'layout-revoke', key: held.key });
    this.#forget(client, file);
  }

  /** `denied`: somebody else holds a conflicting lock. `fenced`: the client has no such file open. */
  async lock({ client, owner, file, type, offset, bytes }: LockWanted): Promise<'granted' | 'denied' | 'fenced'> {
    const open = this.#records.openOf(client, file);
    if (open === undefined) return 'fenced';
    const { status } = await this.#ask({
      type: 'lock-new',
      open: current(open),
      openSeqid: 0,
      owner,
      lockSeqid: 0,
      lockType: type,
      range: rangeOf(offset, bytes),
    });
    if (status === 'OK') return 'granted';
    if (status === 'DENIED') return 'denied';
    if (status === 'BAD_STATEID' || status === 'STALE_STATEID') return 'fenced';
    throw new StateDelayedError(`a lock on ${file}`, status);
  }

  async unlock({ client, owner, file, offset, bytes }: LockWanted): Promise<void> {
    const held = this.#records.locksOf(client, owner, file);
    if (held === undefined) return;
    const { status } = await this.#ask({
      type: 'unlock',
      stateid: current(held),
      seqid: 0,
      range: rangeOf(offset, bytes),
    });
    if (status !== 'OK' && this.#state.locks.has(held.key)) throw new StateDelayedError(`a lock on ${file}`, status);
    // Refused while it holds anything; nobody waits for it.
    void this.#head.ask({ operation: { type: 'release-lock-owner', client: held.client, owner } });
  }

  get #state(): NfsState {
    return this.#head.state;
  }

  /** @throws StateDelayedError */
  async #ask(operation: Operation): Promise<Reply> {
    const reply = await this.#head.ask({ operation });
    if (reply.status === 'DELAY') throw new StateDelayedError(operation.type, reply.status);
    return reply;
  }

  #held({ client, file }: Layout): HeldLayout {
    const { name } = this.#state.clients.get(client)!;
    return { client: name, file, layout: this.#generations.get(file)?.get(name) ?? this.#floor };
  }

  #forget(client: string, file: FileId): void {
    const clients = this.#generations.get(file);
    clients?.delete(client);
    if (clients?.size === 0) this.#generations.delete(file);
  }
}

/** The state as it is now, whatever its seqid (RFC 8881, 8.2.2). */
const current = ({ key }: Open | Locks): { key: string; seqid: number } => ({ key, seqid: 0 });

const rangeOf = (offset: number, bytes: number): AskedRange => ({
  offset: BigInt(offset),
  length: bytes === 0 ? wholeFile.length : BigInt(bytes),
});
