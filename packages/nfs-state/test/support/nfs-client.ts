import type { NfsClient, Reply, Stateid } from '@holdfast/nfs-state';

export const wholeFile = { offset: 0n, length: 2n ** 64n - 1n };

const reclaimed = { claim: { type: 'previous', delegation: 'none' } } as const;

export interface LockAsked {
  readonly file: string;
  readonly range?: { readonly offset: bigint; readonly length: bigint };
  readonly lockType?: 'read' | 'write';
  readonly reclaim?: boolean;
}

/** A client of NFSv4.0 with one open-owner and one lock-owner a file, as an application would be. */
export class TestClient {
  readonly #name: string;
  readonly #client: NfsClient;
  readonly #ask: NfsClient['ask'];
  #id = '';
  readonly #opens = new Map<string, { stateid: Stateid; seqid: number }>();
  readonly #locks = new Map<string, { stateid: Stateid; seqid: number }>();

  constructor(name: string, client: NfsClient) {
    this.#name = name;
    this.#client = client;
    this.#ask = async (operation, slot) => {
      for (;;) {
        const reply = await client.ask(operation, slot);
        // What was not begun is asked again; any other answer counts as its owner's turn.
        if (reply.isUndecided !== true) return reply;
      }
    };
  }

  get id(): string {
    return this.#id;
  }

  async introduce(): Promise<void> {
    const principal = 'root';
    const said = await this.#ask({ type: 'setclientid', name: this.#name, verifier: '1', principal, callback: '' });
    this.#id = said.clientId!;
    await this.#ask({ type: 'setclientid-confirm', client: this.#id, confirm: said.confirm!, principal });
  }

  /** DELAY: what somebody was delegated is asked back. */
  async open(file: string, { reclaims = false } = {}): Promise<Reply> {
    const open = this.#opens.get(file) ?? { stateid: { key: '', seqid: 0 }, seqid: 0 };
    this.#opens.set(file, open);
    open.seqid++;
    const owner = `${this.#name}/${file}`;
    const asked = { client: this.#id, owner, seqid: open.seqid, file, access: 3, deny: 0, ...(reclaims && reclaimed) };
    const opened = await this.#ask({ type: 'open', ...asked });
    if (opened.status !== 'OK') return opened;
    open.stateid = opened.stateid!;
    if (opened.mustConfirm !== true) return opened;
    open.seqid++;
    const confirmed = await this.#ask({ type: 'open-confirm', stateid: opened.stateid!, seqid: open.seqid });
    open.stateid = confirmed.stateid!;
    return confirmed;
  }

  async lock({ file, range = wholeFile, lockType = 'write', reclaim }: LockAsked): Promise<Reply> {
    const open = this.#opens.get(file)!;
    const locks = this.#locks.get(file);
    if (locks === undefined) {
      open.seqid++;
      const owner = `${this.#name}/locks/${file}`;
      const { stateid, seqid: openSeqid } = open;
      const reply = await this.#ask({
        type: 'lock-new',
        open: stateid,
        openSeqid,
        owner,
        lockSeqid: 1,
        lockType,
        range,
        reclaim,
      });
      if (reply.status === 'OK') this.#locks.set(file, { stateid: reply.stateid!, seqid: 1 });
      return reply;
    }
    locks.seqid++;
    const reply = await this.#ask({ type: 'lock', stateid: locks.stateid, seqid: locks.seqid, lockType, range });
    if (reply.status === 'OK') locks.stateid = reply.stateid!;
    return reply;
  }

  async unlock({ file, range = wholeFile }: LockAsked): Promise<Reply> {
    const locks = this.#locks.get(file);
    if (locks === undefined) return { status: 'OK' };
    locks.seqid++;
    const reply = await this.#ask({ type: 'unlock', stateid: locks.stateid, seqid: locks.seqid, range });
    if (reply.status === 'OK') locks.stateid = reply.stateid!;
    return reply;
  }

  giveBack(delegation: Stateid): Promise<Reply> {
    return this.#ask({ type: 'delegation-return', stateid: delegation });
  }

  /** What it is asked to return; the stateids are all there is to it. */
  recalls$(): ReturnType<NfsClient['recalls$']> {
    return this.#client.recalls$(this.#id);
  }

  renew(): Promise<Reply> {
    return this.#ask({ type: 'renew', client: this.#id });
  }

  /** May it be written under the lock? */
  write(file: string): Promise<Reply> {
    return this.#ask({ type: 'io', file, stateid: this.#locks.get(file)!.stateid, write: true });
  }
}
