import { createExchange } from '../../src/exchange/exchange.ts';
import type { ExchangeOptions, MemberExchange } from '../../src/exchange/member-exchange.ts';
import type { LinkFactory } from '../../src/exchange/standard-links.ts';
import type { PeerLoss, PortNumber, TrafficClass } from '../../src/exchange/types.ts';
import { RingSpace } from '../../src/interconnect/ring-space.ts';
import { makeWires } from '../../src/interconnect/wires.ts';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';

/** Members of one small cluster, all in this thread, over one arena of their own. */
export class Neighbours {
  readonly arena = Arena.create(32 * 1024 * 1024);
  readonly block = ClusterBlock.create(this.arena);
  readonly rings = new RingSpace(this.arena);
  readonly members = new Map<number, MemberExchange>();
  readonly errors: Error[] = [];

  add(self: number, options: Partial<ExchangeOptions> = {}, makeLink?: LinkFactory): MemberExchange {
    const exchange = createExchange(
      { block: this.block, self, incarnation: 1, onError: (error) => this.errors.push(error), ...options },
      makeLink,
    );
    this.members.set(self, exchange);
    return exchange;
  }

  /** Lay wires between two members, without waiting for the connection. */
  wire(a: number, b: number, drivers: readonly ('ring' | 'port')[] = ['ring', 'port']): void {
    const first = this.members.get(a) as MemberExchange;
    const second = this.members.get(b) as MemberExchange;
    const wires = makeWires(this.rings, drivers);
    first.attachWires(b, second.incarnation, wires.a);
    second.attachWires(a, first.incarnation, wires.b);
  }

  /** Two connected members. */
  static async pair(makeLink?: LinkFactory): Promise<{ hood: Neighbours; a: MemberExchange; b: MemberExchange }> {
    const hood = new Neighbours();
    const a = hood.add(0, {}, makeLink);
    const b = hood.add(1, {}, makeLink);
    hood.wire(0, 1);
    await Promise.all([a.connect(1), b.connect(0)]);
    return { hood, a, b };
  }

  /** Resolves when the heart of `member` has beaten `count` times more: with that, each time it looked at everything. */
  async beats(member: number, count: number): Promise<void> {
    const from = this.block.heartbeat(member);
    await until(() => (this.block.heartbeat(member) - from) >>> 0 >= count, `the heart of member ${member}`);
  }

  close(): void {
    for (const exchange of this.members.values()) exchange.close();
  }
}

/** Send a text as one frame; false when there is no room. */
export function sendText(
  exchange: MemberExchange,
  peer: number,
  port: PortNumber,
  text: string,
  trafficClass: TrafficClass = 2,
): boolean {
  const bytes = new TextEncoder().encode(text);
  const space = exchange.begin(peer, trafficClass, port, bytes.length);
  if (space === undefined) return false;
  space.bytes.set(bytes, space.start);
  exchange.commit(bytes.length);
  return true;
}

/** Collect the frames of a port as texts. */
export function texts(exchange: MemberExchange, port: PortNumber): string[] {
  const received: string[] = [];
  exchange.consume(port, (_from, bytes, start, end) =>
    received.push(new TextDecoder().decode(bytes.slice(start, end))),
  );
  return received;
}

/** Resolves with the next loss of any peer. */
export function nextLoss(exchange: MemberExchange): Promise<{ peer: number; loss: PeerLoss }> {
  return new Promise((resolve) => {
    const stop = exchange.listen({
      onLost: (peer, loss) => {
        stop();
        resolve({ peer, loss });
      },
    });
  });
}

/** Let the event loop turn until `done`. */
export async function until(done: () => boolean, what = 'the exchange'): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!done()) {
    if (performance.now() > endMs) throw new Error(`${what} did not get there in 60 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
