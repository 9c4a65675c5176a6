import type { NfsClient, Reply, SlotRequest } from '@holdfast/nfs-state';

type Operation = Parameters<NfsClient['ask']>[0];

/** A client of NFSv4.1 with one session; its slots are used as the test says. */
export class SessionClient {
  readonly #name: string;
  readonly #client: NfsClient;
  id = '';
  session = '';
  readonly #seqids = new Map<number, number>();

  constructor(name: string, client: NfsClient) {
    this.#name = name;
    this.#client = client;
  }

  async introduce(slots = 4): Promise<void> {
    const principal = 'root';
    const said = await this.#client.ask({
      type: 'exchange-id',
      name: this.#name,
      verifier: '1',
      principal,
      update: false,
    });
    this.id = said.clientId!;
    const made = await this.#client.ask({
      type: 'create-session',
      client: this.id,
      sequence: said.sequence!,
      principal,
      slots,
    });
    this.session = made.session!;
    await this.#client.ask({ type: 'reclaim-complete', client: this.id });
  }

  /** The next request of a slot, or one that `request` says, by whichever way. */
  async ask(operation: Operation, request: Partial<SlotRequest> = {}, way = this.#client): Promise<Reply> {
    const { slot = 0, seqid = this.seqid(slot) + 1, session = this.session } = request;
    const { digest = `${slot} ${seqid}` } = request;
    if (request.seqid === undefined) this.#seqids.set(slot, seqid);
    for (;;) {
      const reply = await way.ask(operation, { session, slot, seqid, digest });
      if (reply.isUndecided !== true) return reply;
    }
  }

  /** The last number of a slot. */
  seqid(slot = 0): number {
    return this.#seqids.get(slot) ?? 0;
  }

  open(file: string, owner = 'o'): Operation {
    return { type: 'open', client: this.id, owner, seqid: 0, file, access: 3, deny: 0 };
  }
}
