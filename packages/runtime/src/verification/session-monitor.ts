import type { Decoder, Encoder } from '@holdfast/kernel';
import { type Monitor, monitor } from '@holdfast/simulation';
import type { SessionEvent, SessionNotice } from '../kernel/session-types.ts';
import { classOfSend } from './session-scenario.ts';

/** One class of one session as its sender and its receiver saw it. */
interface History {
  /** Handles accepted by the sender, in order. */
  readonly sent: number[];
  /** How many of them the receiver delivered, and how many the sender released as acknowledged. */
  delivered: number;
  acknowledged: number;
  /** Given back at the end without an acknowledgement. */
  returned: number;
  /** Place of the first one reported as certainly not delivered, plus one; 0 when nothing was reported. */
  undeliveredFrom: number;
}

interface Side {
  /** The session opened last: its own endpoint and the peer's; 0 before the first. */
  self: number;
  peer: number;
  ended: boolean;
  /** Its memory of that session went with a crash. */
  crashed: boolean;
  /** Highest epoch heard of for each link in that session. */
  readonly epochs: number[];
}

/** One session, named by the endpoints of node 0 and node 1. */
interface SessionHistory {
  readonly endpoints: readonly [number, number];
  /** `classes[sender][class]`. */
  readonly classes: readonly (readonly History[])[];
}

/** What happened so far, as far as the promises of the session are concerned. */
export interface SessionGhost {
  readonly sides: Side[];
  /** By endpoints, ascending. */
  readonly sessions: SessionHistory[];
  /** Place in the list of broken promises, plus one; 0 while all are kept. */
  broken: number;
}

/** What a session promises at every instant: invariants I1, I4, I5 and I7. */
const promises = [
  'a record was delivered out of order, twice or altered (I1)',
  'a record was released as acknowledged before the peer delivered it',
  'a record reported as certainly not delivered was delivered (I7)',
  'records reported at the end are not exactly those not acknowledged, in order (I7)',
  'a session ended twice or did something after its end (I4)',
  'a record was accepted in an epoch older than the one its link was fenced to (I5)',
  'two fences of a link share an epoch (I5)',
  'a handle was released that is not the oldest one kept',
  'an orderly close lost records',
] as const;

class Watch {
  readonly #state: SessionGhost;
  readonly #classes: number;

  constructor(state: SessionGhost, classes: number) {
    this.#state = state;
    this.#classes = classes;
  }

  opens(node: number, self: number, peer: number): void {
    const side = this.#state.sides[node]!;
    side.self = self;
    side.peer = peer;
    side.ended = false;
    side.crashed = false;
    side.epochs.fill(0);
    if (this.#session(node) === undefined) this.#add(node === 0 ? [self, peer] : [peer, self]);
    this.#forget();
  }

  crashes(node: number): void {
    const side = this.#state.sides[node]!;
    side.crashed = true;
    side.epochs.fill(0);
    this.#forget();
  }

  /** Nothing more can be said of a session that both sides were in and left: histories that differ in it are equal. */
  #forget(): void {
    const { sides, sessions } = this.#state;
    const left = ({ endpoints }: SessionHistory): boolean =>
      sides.every(
        ({ self, ended, crashed }, node) => self > endpoints[node]! || (self === endpoints[node] && (ended || crashed)),
      );
    for (let at = sessions.length - 1; at >= 0; at--) if (left(sessions[at]!)) sessions.splice(at, 1);
  }

  accepts(node: number, handle: number): void {
    this.#history(node, node, classOfSend(handle)).sent.push(handle);
  }

  notices(node: number, notice: SessionNotice): void {
    const side = this.#state.sides[node]!;
    if (side.ended && notice.type !== 'release') this.#breaks(4);
    switch (notice.type) {
      case 'record': {
        const history = this.#history(node, 1 - node, notice.trafficClass);
        if (history.sent[history.delivered] !== notice.handle) this.#breaks(0);
        else this.#delivers(history);
        if (notice.epoch < side.epochs[notice.link]!) this.#breaks(5);
        break;
      }
      case 'release': {
        const history = this.#history(node, node, notice.trafficClass);
        if (history.sent[history.acknowledged + history.returned] !== notice.handle) this.#breaks(7);
        if (notice.acknowledged) {
          history.acknowledged++;
          if (history.acknowledged > history.delivered) this.#breaks(1);
        } else {
          history.returned++;
        }
        break;
      }
      case 'link':
        if (notice.state === 'fenced') this.#fences(side, notice.link, notice.epoch, notice.confirmed);
        break;
      case 'ended':
        side.ended = true;
        this.#ends(node, notice);
        break;
      default:
        break;
    }
  }

  #delivers(history: History): void {
    history.delivered++;
    if (history.undeliveredFrom > 0 && history.delivered >= history.undeliveredFrom) this.#breaks(2);
  }

  #fences(side: Side, link: number, epoch: number, confirmed: boolean): void {
    const before = side.epochs[link]!;
    if (epoch < before || (epoch === before && !confirmed)) this.#breaks(6);
    side.epochs[link] = epoch;
  }

  #ends(node: number, { end, losses }: Extract<SessionNotice, { type: 'ended' }>): void {
    if (end === 'closed' && losses.length > 0) this.#breaks(8);
    for (let trafficClass = 0; trafficClass < this.#classes; trafficClass++) {
      const history = this.#history(node, node, trafficClass);
      const loss = losses.find((each) => each.trafficClass === trafficClass);
      const reported = loss === undefined ? [] : [...loss.unknown, ...loss.undelivered];
      const kept = history.sent.slice(history.acknowledged);
      if (reported.join() !== kept.join()) this.#breaks(3);
      history.undeliveredFrom = history.sent.length - (loss?.undelivered.length ?? 0) + 1;
      if (history.delivered >= history.undeliveredFrom) this.#breaks(2);
    }
  }

  /** What `sender` sent in the session that `node` opened last. */
  #history(node: number, sender: number, trafficClass: number): History {
    return this.#session(node)!.classes[sender]![trafficClass]!;
  }

  #session(node: number): SessionHistory | undefined {
    const { self, peer } = this.#state.sides[node]!;
    const [a, b] = node === 0 ? [self, peer] : [peer, self];
    return this.#state.sessions.find(({ endpoints }) => endpoints[0] === a && endpoints[1] === b);
  }

  #add(endpoints: readonly [number, number]): void {
    const { sessions } = this.#state;
    const classes = [0, 1].map(() => Array.from({ length: this.#classes }, emptyHistory));
    const after = sessions.findIndex((each) => isBefore(endpoints, each.endpoints));
    sessions.splice(after === -1 ? sessions.length : after, 0, { endpoints, classes });
  }

  #breaks(promise: number): void {
    if (this.#state.broken === 0) this.#state.broken = promise + 1;
  }
}

const isBefore = (one: readonly [number, number], other: readonly [number, number]): boolean =>
  one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/** Watches part `sessionPart` of both nodes, whose sessions have `links` links and `classes` classes. */
export function sessionMonitor(sessionPart: number, links: number, classes: number): Monitor {
  return monitor<SessionGhost>({
    name: 'promises of the session',
    watches: ['event', 'reply', 'deliver', 'crash'],
    initial: () => ({ sides: [0, 1].map(() => emptySide(links)), sessions: [], broken: 0 }),
    observe(state, { kind, node, part, number, value }) {
      const watch = new Watch(state, classes);
      if (kind === 'crash') {
        // What the dead side knew is gone with it; its records may still be delivered, or not.
        watch.crashes(node);
      } else if (part !== sessionPart) {
        return;
      } else if (kind === 'event') {
        const event = value as SessionEvent;
        if (event.type === 'open') watch.opens(node, event.self, event.peer);
      } else if (kind === 'reply') {
        if (value === 'accepted') watch.accepts(node, number);
      } else {
        watch.notices(node, value as SessionNotice);
      }
    },
    encode: encodeGhost,
    decode: decodeGhost,
    violation: (state) => (state.broken === 0 ? undefined : promises[state.broken - 1]),
  });
}

const emptySide = (links: number): Side => ({
  self: 0,
  peer: 0,
  ended: false,
  crashed: false,
  epochs: new Array<number>(links).fill(0),
});
const emptyHistory = (): History => ({ sent: [], delivered: 0, acknowledged: 0, returned: 0, undeliveredFrom: 0 });

function encodeGhost(state: SessionGhost, into: Encoder): void {
  into.list(state.sides, (side, to) => {
    to.uint(side.self);
    to.uint(side.peer);
    to.flag(side.ended);
    to.flag(side.crashed);
    to.list(side.epochs, writeUint);
  });
  into.list(state.sessions, ({ endpoints, classes }, to) => {
    to.uint(endpoints[0]);
    to.uint(endpoints[1]);
    to.list(classes, (each, deeper) => deeper.list(each, encodeHistory));
  });
  into.uint(state.broken);
}

function decodeGhost(from: Decoder): SessionGhost {
  return {
    sides: from.list((each) => ({
      self: each.uint(),
      peer: each.uint(),
      ended: each.flag(),
      crashed: each.flag(),
      epochs: each.list(readUint),
    })),
    sessions: from.list((each) => ({
      endpoints: [each.uint(), each.uint()],
      classes: each.list((classes) => classes.list(decodeHistory)),
    })),
    broken: from.uint(),
  };
}

function encodeHistory(history: History, into: Encoder): void {
  into.list(history.sent, writeUint);
  into.uint(history.delivered);
  into.uint(history.acknowledged);
  into.uint(history.returned);
  into.uint(history.undeliveredFrom);
}

function decodeHistory(from: Decoder): History {
  return {
    sent: from.list(readUint),
    delivered: from.uint(),
    acknowledged: from.uint(),
    returned: from.uint(),
    undeliveredFrom: from.uint(),
  };
}

const writeUint = (value: number, into: Encoder): void => into.uint(value);
const readUint = (from: Decoder): number => from.uint();
