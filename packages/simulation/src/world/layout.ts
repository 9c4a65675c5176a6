import type { CallSpec } from './call-spec.ts';
import type { FaultBudget, WorldSpec } from './spec.ts';

export const faultClasses = [
  'drop',
  'duplicate',
  'reorder',
  'linkDown',
  'ghost',
  'suspect',
  'cut',
  'crash',
  'restart',
  'diskError',
  'diskFull',
  'lostWrite',
  'misdirectedWrite',
  'rot',
  'torn',
] as const satisfies readonly (keyof FaultBudget)[];

export type FaultClass = (typeof faultClasses)[number];

/** Bits of a link's word. The two bits of an end are `bit << end`. */
export const linkBroken = 1;
/** The end believes the link is down. */
export const linkKnownDown = 2;
export const linkSuspected = 8;
/** The direction that starts at the end swallows everything. */
export const linkCut = 32;

/** Where the words of a world's state vector lie. */
export class Layout {
  readonly length: number;
  readonly queues: number;
  readonly links: number;
  readonly monitors: number;
  readonly #nodes: number[] = [];
  readonly #disks: number[] = [];
  readonly #calls: (number | undefined)[];
  readonly #faults: Partial<Record<FaultClass, number>> = {};

  constructor(spec: WorldSpec) {
    let at = 0;
    for (const node of spec.nodes) {
      this.#nodes.push(at);
      // The life word, then state and timers of each part.
      at += 1 + 2 * node.parts.length;
      this.#disks.push(at++);
    }
    this.queues = at;
    at += 2 * spec.links.length;
    this.links = at;
    at += spec.links.length;
    this.monitors = at;
    at += spec.monitors?.length ?? 0;
    this.#calls = spec.calls.map((call: CallSpec) => (call.times === 'unlimited' ? undefined : at++));
    for (const fault of faultClasses) if ((spec.faults?.[fault] ?? 0) > 0) this.#faults[fault] = at++;
    this.length = at;
  }

  /** Twice the incarnation, plus one while the node is up. */
  life(node: number): number {
    return this.#nodes[node] as number;
  }

  state(node: number, part: number): number {
    return (this.#nodes[node] as number) + 1 + 2 * part;
  }

  timers(node: number, part: number): number {
    return this.state(node, part) + 1;
  }

  disk(node: number): number {
    return this.#disks[node] as number;
  }

  /** How often a bounded call was issued. */
  issued(call: number): number | undefined {
    return this.#calls[call];
  }

  /** How many faults of the class are left; undefined when the class is off. */
  left(fault: FaultClass): number | undefined {
    return this.#faults[fault];
  }
}
