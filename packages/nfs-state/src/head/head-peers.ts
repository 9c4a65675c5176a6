import { type MemberContext, memberName } from '@holdfast/runtime/service';
import { type PeerWord, piecesOf, WordReader } from './head-messages.ts';

type Connected = ReturnType<MemberContext['connect']>;

interface Peer {
  readonly life: number;
  readonly channel: Connected;
}

/** The other heads that are up, and a channel to each. What is said to one that is down is lost, as it is to a crash. */
export class HeadPeers {
  readonly #context: MemberContext;
  readonly #heads: readonly number[];
  readonly #hear: (from: number, word: PeerWord) => void;
  readonly #peers = new Map<number, Peer>();
  readonly #unwatch: () => void;

  constructor(context: MemberContext, heads: readonly number[], hear: (from: number, word: PeerWord) => void) {
    this.#context = context;
    this.#heads = heads.filter((head) => head !== context.slot);
    this.#hear = hear;
    this.#unwatch = context.watchView(() => this.#look());
    this.#look();
  }

  /** The life of a head that is up; undefined of one that is down. */
  lifeOf(head: number): number | undefined {
    const member = this.#context.view.members.find(({ slot }) => slot === head);
    return member?.state === 'up' ? member.incarnation : undefined;
  }

  get up(): readonly number[] {
    return this.#heads.filter((head) => this.lifeOf(head) !== undefined);
  }

  send(to: number, word: PeerWord): void {
    const channel = this.#peers.get(to)?.channel;
    if (channel === undefined) return;
    for (const piece of piecesOf(word)) void channel.send(piece as never).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#unwatch();
    await Promise.allSettled([...this.#peers.values()].map(({ channel }) => channel.close()));
  }

  #look(): void {
    for (const head of this.#heads) {
      const life = this.lifeOf(head);
      const known = this.#peers.get(head);
      if (known !== undefined && known.life !== life) {
        this.#peers.delete(head);
        void known.channel.close().catch(() => undefined);
      }
      if (life !== undefined && this.#peers.get(head) === undefined) this.#connect(head, life);
    }
  }

  #connect(head: number, life: number): void {
    const { slot, incarnation } = this.#context;
    // Of two lives: the channel of an earlier one may not have ended yet.
    const ends = [`${slot}.${incarnation}`, `${head}.${life}`].sort().join('-');
    const channel = this.#context.connect(memberName(head), { name: `holdfast-nfs-head/${ends}`, schema: 'bytes' });
    this.#peers.set(head, { life, channel });
    const reader = new WordReader();
    const ended = (): void => {
      if (this.#peers.get(head)?.channel === channel) this.#peers.delete(head);
    };
    channel.in$.subscribe({
      next: (piece) => {
        // What an earlier life still says is said by nobody.
        if (this.#peers.get(head)?.channel !== channel) return;
        const word = reader.take(piece);
        if (word !== undefined) this.#hear(head, word);
      },
      error: ended,
      complete: ended,
    });
  }
}
