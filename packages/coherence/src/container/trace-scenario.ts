import type { MemberSlot } from '@holdfast/runtime/service';
import { NotTracedError } from '../errors.ts';
import type { TracedEvent } from './event-trace.ts';
import type { MapKey } from './key-form.ts';
import type { MemberCoherence } from './member-coherence.ts';
import type { MemberState, MemberTrace } from './member-questions.ts';
import type { ObjectSet } from './object-set.ts';

/** Events of one object on all members, as a scenario: see {@link Container.trace}. */
export interface ObjectTrace {
  /** A scenario file. Its nodes are the members in the order of their slots. */
  readonly scenario: string;
  /** Whether it tells everything up to the moment it was asked for, and expects every member to end as it was. */
  readonly isComplete: boolean;
}

/** Ask every member that is up what it recorded. */
export async function traceObject(
  member: MemberCoherence,
  set: ObjectSet,
  key: MapKey,
  defaultOwner: MemberSlot,
): Promise<ObjectTrace> {
  const here = set.traceOf(key);
  if (here === undefined) throw new NotTracedError(set.descriptor.name);
  const up = member.context.view.members.filter(({ state }) => state === 'up').map(({ slot }) => slot);
  const traces = new Map<MemberSlot, MemberTrace>(up.map((slot) => [slot, { events: [], state: null }]));
  for (const slot of up) {
    const trace = slot === member.self ? set.traceOf(key)! : await member.askTrace(slot, set.descriptor.id, key);
    if (typeof trace !== 'string') traces.set(slot, trace);
  }
  return scenarioOf(traces, { defaultOwner, ...set.descriptor });
}

type Line = Readonly<Record<string, unknown>>;

const accesses: Readonly<Record<string, string>> = { touch: '', 'no-touch': 'NoTouch', manual: 'Manual' };

/**
 * One order of what members recorded one by one: each in its own order, and no message before it was sent. Members that
 * are asked at different moments may have recorded arrivals of what others had not sent yet when they were asked; these
 * and all that follows on their member are left out.
 */
export function scenarioOf(
  traces: ReadonlyMap<MemberSlot, MemberTrace>,
  { defaultOwner, isLinked, isMigratory }: { defaultOwner: MemberSlot; isLinked: boolean; isMigratory: boolean },
): ObjectTrace {
  const members = [...traces.keys()].sort((a, b) => a - b);
  const nodeOf = new Map(members.map((member, node) => [member, node]));
  const merge = new Merge(traces, nodeOf);
  const set = { linked: isLinked, migratory: isMigratory, slowFill: true };
  const lines: Line[] = [{ nodes: members.length, defaultOwner: nodeOf.get(defaultOwner), set }];
  lines.push(...merge.lines());
  const isComplete = merge.isOver;
  if (isComplete) for (const [member, { state }] of traces) lines.push(...expected(nodeOf, member, state));
  return { scenario: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), isComplete };
}

class Merge {
  readonly #traces: ReadonlyMap<MemberSlot, MemberTrace>;
  readonly #nodeOf: ReadonlyMap<MemberSlot, number>;
  /** Events told so far, by member. */
  readonly #told = new Map<MemberSlot, number>();
  /** Messages sent and not arrived, by link. */
  readonly #under = new Map<string, number>();

  constructor(traces: ReadonlyMap<MemberSlot, MemberTrace>, nodeOf: ReadonlyMap<MemberSlot, number>) {
    this.#traces = traces;
    this.#nodeOf = nodeOf;
  }

  get isOver(): boolean {
    for (const [member, { events }] of this.#traces) if ((this.#told.get(member) ?? 0) < events.length) return false;
    return true;
  }

  *lines(): Generator<Line> {
    for (let hasTold = true; hasTold; ) {
      hasTold = false;
      for (const [member, { events }] of this.#traces) {
        for (let at = this.#told.get(member) ?? 0; at < events.length; at++) {
          const event = events[at]!;
          if (!this.#mayHappen(member, event)) break;
          yield lineOf(event, this.#node(member), this.#nodeOf);
          for (const to of event.sends) this.#count(member, to, 1);
          this.#told.set(member, at + 1);
          hasTold = true;
        }
      }
    }
  }

  #mayHappen(member: MemberSlot, { from }: TracedEvent): boolean {
    if (from === undefined) return true;
    if ((this.#under.get(`${from}>${member}`) ?? 0) === 0) return false;
    this.#count(from, member, -1);
    return true;
  }

  #count(from: MemberSlot, to: MemberSlot, by: number): void {
    const link = `${from}>${to}`;
    this.#under.set(link, (this.#under.get(link) ?? 0) + by);
  }

  #node(member: MemberSlot): number {
    return this.#nodeOf.get(member)!;
  }
}

function lineOf({ from, local }: TracedEvent, node: number, nodeOf: ReadonlyMap<MemberSlot, number>): Line {
  if (from !== undefined) return { deliver: [nodeOf.get(from), node] };
  const { type, call, absence, kind, to, writes, absent, ...rest } = local!;
  const value = `n${node}.${call ?? type}`;
  const name = `n${node}.${call}`;
  const access = accesses[absence ?? 'touch'];
  switch (type) {
    case 'put':
      return { call: `${name} ends`, node, op: 'put', of: name, ...(writes ? { value } : {}) };
    case 'filled':
    case 'loaded':
      return { fill: node, ...(writes ? { value } : { absent: true }) };
    case 'fill-failed':
      return { fill: node, ...(absent === true ? { absent } : { error: true }) };
    case 'grab':
      return { call: name, node, op: `${rest.try === true ? 'tryGrab' : 'grab'}${access}` };
    case 'prefetch':
      return { call: name, node, op: `prefetch${kind === 'write' ? 'Write' : ''}${access}` };
    case 'execute':
      return { call: name, node, op: `execute${access}`, value };
    case 'flush':
      return { call: name, node, op: 'flush', ...(to === undefined || to < 0 ? {} : { to: nodeOf.get(to) }) };
    default:
      return { call: name, node, op: `${type}${access}` };
  }
}

/** How a member must know the object in the end; without an entry nothing is expected. */
function* expected(
  nodeOf: ReadonlyMap<MemberSlot, number>,
  member: MemberSlot,
  state: MemberState | null,
): Generator<Line> {
  if (state === null) return;
  const { status, probOwner, copyset, waiting } = state;
  const nodes = copyset.map((each) => nodeOf.get(each));
  const node = nodeOf.get(member);
  yield { expect: { node, state: status, probOwner: nodeOf.get(probOwner), copyset: nodes, waiting } };
}
