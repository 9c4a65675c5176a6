import type { Decoder, Encoder } from '@holdfast/kernel';
import { type Monitor, monitor } from '@holdfast/simulation';
import type {
  Agreement,
  ConnectionEvent,
  ConnectionNotice,
  InboxCell,
  OneSided,
  StatusPage,
} from '../kernel/connection-types.ts';

/** What one side did so far, as far as the promises of the connection are concerned. */
interface Side {
  /** The endpoint last published, and the peer endpoint it was last seen to deal with. */
  endpoint: number;
  seen: number;
  /** The latest session this side said "ready" for: its endpoints. */
  readySelf: number;
  readyPeer: number;
  /** The latest handle that answered a check. */
  tried: number;
  trying: number;
  /** Port sets that exist. */
  ports: number;
  /** The latest session the clients heard of, and what was agreed in it, as numbers. */
  openSelf: number;
  openPeer: number;
  agreed: number[];
  /** The clients heard `ready` and not yet `closed`. */
  open: boolean;
}

export interface ConnectionGhost {
  readonly sides: Side[];
  /** Place in the list of broken promises, plus one; 0 while all are kept. */
  broken: number;
}

const promises = [
  'a side agreed with a peer that did not know it (A.4, second read)',
  'clients heard of a session before the partner said that it was ready (I3)',
  'clients heard of a session before the partner was told (A.4, 9 before 10)',
  'clients heard of a handle that was never tried from this side',
  'an endpoint served two sessions',
  'the two sides of a session agreed on different things (I8)',
  'ports were created twice or destroyed without being there (F7)',
  'clients heard of a session twice, or of its end without a session (I4)',
  'a client got more than both sides asked for',
] as const;

class Watch {
  readonly #state: ConnectionGhost;
  readonly #side: Side;
  readonly #other: Side;

  constructor(state: ConnectionGhost, node: number) {
    this.#state = state;
    this.#side = state.sides[node]!;
    this.#other = state.sides[1 - node]!;
  }

  sends(operation: OneSided): void {
    if (operation.type === 'check') this.#side.trying = operation.grants[0]?.handle ?? 0;
    if (operation.type === 'write') this.#writes(operation.cell);
  }

  hears(event: ConnectionEvent): void {
    if (event.type === 'check-done') this.#side.tried = this.#side.trying;
    if (event.type === 'ports-created') this.#side.ports++;
    if (event.type === 'ports-destroyed') this.#side.ports--;
    if (this.#side.ports < 0 || this.#side.ports > 1) this.#breaks(6);
  }

  notices(notice: ConnectionNotice): void {
    if (notice.type === 'publish') this.#publishes(notice.page);
    if (notice.type === 'ready') this.#opens(notice.agreement, notice.peerGrants[0]?.handle ?? 0);
    if (notice.type === 'closed') {
      if (!this.#side.open) this.#breaks(7);
      this.#side.open = false;
    }
  }

  crashes(): void {
    this.#side.open = false;
    this.#side.ports = 0;
    this.#side.tried = 0;
    this.#side.trying = 0;
  }

  #publishes(page: StatusPage): void {
    const side = this.#side;
    if (page.endpoint !== side.endpoint && page.endpoint !== 0) {
      side.endpoint = page.endpoint;
      side.seen = 0;
    }
    if (page.seen !== 0) side.seen = page.seen;
  }

  #writes(cell: InboxCell): void {
    if (cell.phase === 'agreed') {
      const other = this.#other;
      if (other.endpoint < cell.to || (other.endpoint === cell.to && other.seen !== cell.from)) this.#breaks(0);
    }
    if (cell.phase === 'ready') {
      this.#side.readySelf = cell.from;
      this.#side.readyPeer = cell.to;
    }
  }

  #opens(agreement: Agreement, handle: number): void {
    const side = this.#side;
    const other = this.#other;
    const { self, peer } = agreement;
    if (other.readySelf !== peer || other.readyPeer !== self) this.#breaks(1);
    if (side.readySelf !== self || side.readyPeer !== peer) this.#breaks(2);
    if (handle !== 0 && side.tried !== handle) this.#breaks(3);
    if (side.openSelf >= self || (other.openSelf === peer && other.openPeer !== self)) this.#breaks(4);
    if (side.open) this.#breaks(7);
    const agreed = numbersOf(agreement);
    if (other.openSelf === peer && other.openPeer === self && other.agreed.join() !== agreed.join()) this.#breaks(5);
    side.openSelf = self;
    side.openPeer = peer;
    side.agreed = agreed;
    side.open = true;
  }

  #breaks(promise: number): void {
    if (this.#state.broken === 0) this.#state.broken = promise + 1;
  }
}

const numbersOf = ({ version, links, plan }: Agreement): number[] => [
  version,
  ...links,
  ...plan.flatMap(({ client, ports, bytesPerPort }) => [client, ports, bytesPerPort]),
];

export function connectionMonitor(connectionPart: number): Monitor {
  return monitor<ConnectionGhost>({
    name: 'promises of the connection',
    watches: ['event', 'send', 'deliver', 'crash'],
    initial: () => ({ sides: [emptySide(), emptySide()], broken: 0 }),
    observe(state, { kind, node, part, value }) {
      const watch = new Watch(state, node);
      if (kind === 'crash') watch.crashes();
      else if (part !== connectionPart) return;
      else if (kind === 'event') watch.hears(value as ConnectionEvent);
      else if (kind === 'send') watch.sends(value as OneSided);
      else watch.notices(value as ConnectionNotice);
    },
    encode(state, into) {
      into.list(state.sides, encodeSide);
      into.uint(state.broken);
    },
    decode: (from) => ({ sides: from.list(decodeSide), broken: from.uint() }),
    violation: (state) => (state.broken === 0 ? undefined : promises[state.broken - 1]),
  });
}

const emptySide = (): Side => ({
  endpoint: 0,
  seen: 0,
  readySelf: 0,
  readyPeer: 0,
  tried: 0,
  trying: 0,
  ports: 0,
  openSelf: 0,
  openPeer: 0,
  agreed: [],
  open: false,
});

function encodeSide(side: Side, into: Encoder): void {
  into.uint(side.endpoint);
  into.uint(side.seen);
  into.uint(side.readySelf);
  into.uint(side.readyPeer);
  into.uint(side.tried);
  into.uint(side.trying);
  into.int(side.ports);
  into.uint(side.openSelf);
  into.uint(side.openPeer);
  into.list(side.agreed, (value, to) => to.uint(value));
  into.flag(side.open);
}

function decodeSide(from: Decoder): Side {
  return {
    endpoint: from.uint(),
    seen: from.uint(),
    readySelf: from.uint(),
    readyPeer: from.uint(),
    tried: from.uint(),
    trying: from.uint(),
    ports: from.int(),
    openSelf: from.uint(),
    openPeer: from.uint(),
    agreed: from.list((each) => each.uint()),
    open: from.flag(),
  };
}
