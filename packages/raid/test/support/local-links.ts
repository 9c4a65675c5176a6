import { setImmediate } from 'node:timers';
import type { ConnectIom, IomLink, IomLinkListener } from '../../src/journal/iom-link.ts';
import { linkFrameBytesMax } from '../../src/limits.ts';

interface End {
  readonly member: number;
  readonly peer: number;
  readonly listener: IomLinkListener;
  other: End | undefined;
  open: boolean;
}

/** Links between the I/O managers of one thread: in order, some turns of the loop later, until one end is cut off. */
export class LocalLinks {
  readonly #turns: () => number;
  /** What is on its way to each end. */
  readonly #underWay = new Map<End, (() => void)[]>();
  readonly #ends = new Map<string, End>();
  readonly #all = new Set<End>();

  /** @param turns how many turns of the loop the next message is on its way, at least one */
  constructor(turns: () => number = () => 1) {
    this.#turns = turns;
  }

  /** How a member begins links. */
  from(member: number): ConnectIom {
    return (peer, name, listener): IomLink => {
      const end: End = { member, peer, listener, other: undefined, open: true };
      this.#all.add(end);
      const waiting = this.#ends.get(`${name} ${peer} ${member}`);
      if (waiting === undefined || !waiting.open) this.#ends.set(`${name} ${member} ${peer}`, end);
      else {
        end.other = waiting;
        waiting.other = end;
        this.#later(waiting, () => waiting.open && waiting.listener.up());
        // As a channel does whose other end was there first.
        listener.up();
      }
      return {
        send: (bytes) => {
          if (bytes.length > linkFrameBytesMax) throw new RangeError(`a frame of ${bytes.length} bytes`);
          const copy = bytes.slice();
          const to = end.other;
          if (end.open && to !== undefined) this.#later(to, () => to.open && to.listener.message(copy));
        },
        close: () => {
          end.open = false;
          this.#end(end.other);
        },
      };
    };
  }

  /** All links of a member end, without a word of its own. */
  cut(member: number): void {
    for (const end of this.#all) {
      if (end.member !== member) continue;
      end.open = false;
      this.#end(end.other);
    }
  }

  #end(end: End | undefined): void {
    if (end === undefined || !end.open) return;
    end.open = false;
    this.#later(end, () => end.listener.down());
  }
  #later(end: End, tell: () => void): void {
    const before = this.#underWay.get(end);
    if (before !== undefined) {
      before.push(tell);
      return;
    }
    this.#underWay.set(end, [tell]);
    this.#arrive(end, this.#turns());
  }

  #arrive(end: End, turns: number): void {
    setImmediate(() => {
      if (turns > 1) {
        this.#arrive(end, turns - 1);
        return;
      }
      const underWay = this.#underWay.get(end)!;
      try {
        underWay.shift()!();
      } finally {
        if (underWay.length > 0) this.#arrive(end, this.#turns());
        else this.#underWay.delete(end);
      }
    });
  }
}
