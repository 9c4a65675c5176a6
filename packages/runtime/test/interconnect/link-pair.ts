import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { PortLink } from '../../src/interconnect/port-link.ts';
import { RingLink } from '../../src/interconnect/ring-link.ts';
import { RingSpace } from '../../src/interconnect/ring-space.ts';
import type { InterconnectLink, LinkDownReason, LinkOwner, LinkSurroundings } from '../../src/interconnect/types.ts';
import { Arena } from '../../src/memory/arena.ts';

/** One end of a link with everything around it, and a record of what it told its owner. */
export class LinkEnd {
  readonly link: InterconnectLink;
  readonly downs: LinkDownReason[] = [];
  ups = 0;
  signals = 0;
  /** How long it was told to wait last. */
  waitedMs = 0;
  sendCut = false;
  receiveCut = false;
  readonly received: Uint8Array[] = [];
  /** Hears everything too. */
  owner: LinkOwner | undefined;

  constructor(make: (around: LinkSurroundings, owner: LinkOwner) => InterconnectLink, other: () => LinkEnd) {
    this.link = make(
      {
        sendCut: () => this.sendCut,
        receiveCut: () => this.receiveCut,
        signal: () => {
          this.signals++;
        },
        wait: (ms) => {
          this.waitedMs = ms;
          return true;
        },
        post: (message, transfer) => {
          // A hand-over crosses threads in earnest: it is cloned, and its ports are transferred.
          const { port1, port2 } = new MessageChannel();
          port1.on('message', (arrived) => {
            port1.close();
            other().link.onPost(arrived);
          });
          port2.postMessage(message, transfer as MessagePort[]);
        },
      },
      {
        onDown: (reason) => {
          this.downs.push(reason);
          this.owner?.onDown(reason);
        },
        onUp: () => {
          this.ups++;
          this.owner?.onUp();
        },
      },
    );
  }

  /** Offer and publish. */
  send(...records: readonly Uint8Array[]): boolean {
    const taken = records.every((record) => this.offer(record));
    this.link.publish();
    return taken;
  }

  offer(record: Uint8Array): boolean {
    return this.link.offer(record, new Int32Array(record.buffer), 0, record.length);
  }

  /** Drain everything that is there into `received`. */
  take(recordsMax = 1_000_000): number {
    this.link.poll();
    return this.link.drain(recordsMax, (bytes, _words, start, end) => this.received.push(bytes.slice(start, end)));
  }
}

export interface LinkPair {
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  close(): void;
}

/** Makes both ends of a fresh link in one thread. */
export type MakePair = () => LinkPair;

export const ringPair: MakePair = () => {
  const arena = Arena.create(16 * 1024 * 1024);
  const rings = new RingSpace(arena);
  const pair = rings.take();
  if (pair === undefined) throw new Error('no ring memory');
  return couple(
    (around, owner) => new RingLink(arena, { out: pair.first, in: pair.second }, around, owner),
    (around, owner) => new RingLink(arena, { out: pair.second, in: pair.first }, around, owner),
  );
};

export const portPair: MakePair = () => {
  const { port1, port2 } = new MessageChannel();
  return couple(
    (around, owner) => new PortLink(port1, true, around, owner),
    (around, owner) => new PortLink(port2, false, around, owner),
  );
};

type MakeLink = (around: LinkSurroundings, owner: LinkOwner) => InterconnectLink;

function couple(makeA: MakeLink, makeB: MakeLink): LinkPair {
  const a: LinkEnd = new LinkEnd(makeA, () => b);
  const b: LinkEnd = new LinkEnd(makeB, () => a);
  return {
    a,
    b,
    close: () => {
      a.link.close();
      b.link.close();
    },
  };
}

/** A record of `length` bytes that says which it is and can be checked byte by byte. */
export function makeRecord(number: number, length: number): Uint8Array {
  const record = new Uint8Array(Math.max(8, (length + 7) & ~7));
  for (let index = 0; index < record.length; index++) record[index] = (number * 31 + index * 7) & 0xff;
  new DataView(record.buffer).setUint32(0, number);
  return record;
}

/** Let the event loop turn until `done`, looking after both ends meanwhile. */
export async function until(pair: LinkPair, done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (done()) return;
    await new Promise((resolve) => setImmediate(resolve));
    pair.a.link.poll();
    pair.b.link.poll();
  }
  throw new Error('the links did not get there in 10 000 turns');
}
