import { WorldSpecError } from '../errors.ts';
import { armedTimersMax, strayBlocksMax, unflushedWritesMax } from '../limits.ts';
import { type ActionKind, actionCode, actionKind, firstArgument } from './action-code.ts';
import type { DiskEnding, DiskImage } from './disk-image.ts';
import { type FaultClass, linkBroken, linkCut, linkKnownDown, linkSuspected } from './layout.ts';
import type { StepTime } from './reduction.ts';
import { badBlock } from './spec.ts';
import type { VectorView } from './vector-view.ts';
import type { WorldStore } from './world-store.ts';

export const diskEndings: readonly DiskEnding[] = ['ok', 'io-error', 'no-space', 'lost'];

const strayBits = 6;
const misdirectArgument = (index: number, stray: number): number => (index << strayBits) | stray;
/** The operation that is misdirected, and which of its {@link DiskImage.strays} it lands on. */
export const misdirectedIndex = (argument: number): number => argument >>> strayBits;
export const strayIndex = (argument: number): number => argument & (2 ** strayBits - 1);

/** A crash in one number: which writes at risk survive, and the place plus one of the write that tears. */
const tornShift = unflushedWritesMax;
export const survivesCrash = (choice: number, write: number): boolean => ((choice >>> write) & 1) === 1;
export const tearsAtCrash = (choice: number, write: number): boolean => choice >>> tornShift === write + 1;

const timerBits = 6;
const timerArgument = (part: number, index: number): number => (part << timerBits) | index;
export const timerPart = (argument: number): number => argument >>> timerBits;
export const timerIndex = (argument: number): number => argument & (2 ** timerBits - 1);

/** Lists the actions enabled in a state vector. */
export class EnabledActions {
  readonly #store: WorldStore;
  readonly #view: VectorView;
  #vector: readonly number[] = [];
  #into: number[] = [];

  constructor(store: WorldStore, view: VectorView) {
    this.#store = store;
    this.#view = view;
  }

  /** Append the actions enabled in `vector`, the expected ones before the faults. */
  list(vector: readonly number[], into: number[], reduces = true): void {
    this.#vector = vector;
    this.#into = into;
    this.#view.at(vector);
    const { spec, topology } = this.#store;
    const inert = spec.inert === undefined ? -1 : topology.directions.findIndex((_, at) => this.#inertHead(at));
    if (inert !== -1) {
      this.#add('deliver', inert);
      return;
    }
    const first = into.length;
    for (const direction of topology.directions.keys()) this.#deliveries(direction);
    this.#calls();
    const late = reduces && spec.reduction !== undefined ? this.#withoutLate(into, first) : [];
    for (const node of spec.nodes.keys()) this.#node(node);
    for (const direction of topology.directions.keys()) this.#directionFaults(direction);
    for (const link of spec.links.keys()) this.#link(link);
    if (into.length === first) into.push(...late);
  }

  /** When a step is to be taken, by the reduction of the world; `any` where it has none. */
  timeOf(vector: readonly number[], action: number): StepTime {
    this.#vector = vector;
    this.#view.at(vector);
    return this.#timeOf(action);
  }

  /** A step that the reduction of the world wants taken now, if any. */
  soonStep(vector: readonly number[]): number | undefined {
    this.#vector = vector;
    this.#view.at(vector);
    const into: number[] = [];
    this.#into = into;
    for (const direction of this.#store.topology.directions.keys()) this.#deliveries(direction);
    return into.find((action) => this.#timeOf(action) === 'soon');
  }

  #timeOf(action: number): StepTime {
    const { spec, topology, lists, layout, values } = this.#store;
    const kind = actionKind(action);
    const place = firstArgument(action);
    if (spec.reduction === undefined) return 'any';
    if (kind === 'call') return spec.reduction.time(this.#view, { kind, call: spec.calls[place]! });
    if (kind !== 'deliver') return 'any';
    const { from, to, toPort: port } = topology.directions[place]!;
    const message = values.value(lists.list(this.#vector[layout.queues + place]!)[0]!);
    return spec.reduction.time(this.#view, { kind, from, to, port, message });
  }

  /** Take the late steps out of those from `first` on. */
  #withoutLate(into: number[], first: number): number[] {
    const late = into.slice(first).filter((action) => this.#timeOf(action) === 'late');
    let end = first;
    for (const action of into.slice(first)) if (!late.includes(action)) into[end++] = action;
    into.length = end;
    return late;
  }

  /** Whether the next arrival over `direction` is to change nothing. */
  hasInertHead(vector: readonly number[], direction: number): boolean {
    this.#vector = vector;
    this.#view.at(vector);
    return this.#inertHead(direction);
  }

  #calls(): void {
    const { spec, layout } = this.#store;
    for (const [index, call] of spec.calls.entries()) {
      const at = layout.issued(index);
      if (at !== undefined && (this.#vector[at] as number) >= (call.times as number)) continue;
      if (!this.#view.up(call.node)) continue;
      if (call.when === undefined || call.when(this.#view)) this.#add('call', index);
    }
  }

  #deliveries(direction: number): void {
    if (this.#canArrive(direction)) this.#add('deliver', direction);
  }

  #inertHead(direction: number): boolean {
    if (this.#store.spec.inert === undefined || !this.#canArrive(direction)) return false;
    const { spec, lists, layout, values, topology } = this.#store;
    const [head] = lists.list(this.#vector[layout.queues + direction]!);
    const { to, toPort } = topology.directions[direction]!;
    return spec.inert!(this.#view, to, toPort, values.value(head!));
  }

  #canArrive(direction: number): boolean {
    const { layout, topology } = this.#store;
    if (this.#vector[layout.queues + direction] === 0) return false;
    const { to } = topology.directions[direction]!;
    const receiver = (direction & 1) ^ 1;
    const closed = (linkKnownDown | linkSuspected) << receiver;
    return this.#view.up(to) && (this.#word(direction) & closed) === 0;
  }

  #node(node: number): void {
    const { spec, layout, disks } = this.#store;
    if (!this.#view.up(node)) {
      if (this.#left('restart')) this.#add('restart', node);
      return;
    }
    if (spec.timers !== 'quiet' || this.#view.messagesInFlight === 0) this.#timers(node);
    const disk = disks.shared(this.#vector[layout.disk(node)] as number) as DiskImage;
    this.#diskCompletions(node, disk);
    if (this.#left('rot')) {
      for (const [address, payload] of disk.blocks) if (payload !== badBlock) this.#add('rot', node, address);
    }
    if (this.#left('crash') && spec.nodes[node]!.immortal !== true) this.#crashes(node, disk);
  }

  #timers(node: number): void {
    for (const part of this.#store.spec.nodes[node]!.parts.keys()) {
      const { length } = this.#view.armed(node, part);
      if (length > armedTimersMax)
        throw new WorldSpecError(`node ${node} has more than ${armedTimersMax} timers armed`);
      for (let index = 0; index < length; index++) this.#add('timer', node, timerArgument(part, index));
    }
  }

  #diskCompletions(node: number, disk: DiskImage): void {
    for (const [index, { kind, address }] of disk.pending.entries()) {
      const ending = (name: DiskEnding): number => (index << 2) | diskEndings.indexOf(name);
      this.#add('disk', node, ending('ok'));
      if (this.#left('diskError')) this.#add('disk', node, ending('io-error'));
      if (kind === 'write' && this.#left('diskFull')) this.#add('disk', node, ending('no-space'));
      if (kind === 'write' && this.#left('lostWrite')) this.#add('disk', node, ending('lost'));
      if (kind === 'write' && this.#left('misdirectedWrite')) this.#misdirections(node, index, disk.strays(address));
    }
  }

  #misdirections(node: number, index: number, strays: readonly number[]): void {
    if (strays.length > strayBlocksMax) {
      throw new WorldSpecError(`the disk of node ${node} holds more than ${strayBlocksMax} blocks to hit`);
    }
    for (const stray of strays.keys()) this.#add('misdirect', node, misdirectArgument(index, stray));
  }

  #crashes(node: number, disk: DiskImage): void {
    const { unflushed } = disk;
    if (unflushed > unflushedWritesMax) {
      throw new WorldSpecError(
        `node ${node} crashes with ${unflushed} writes not flushed, at most ${unflushedWritesMax} can be explored`,
      );
    }
    for (let survivors = 0; survivors < 2 ** unflushed; survivors++) {
      this.#add('crash', node, survivors);
      if (!this.#left('torn')) continue;
      for (let torn = 0; torn < unflushed; torn++) {
        if (!survivesCrash(survivors, torn)) this.#add('crash', node, survivors | ((torn + 1) << tornShift));
      }
    }
  }

  #directionFaults(direction: number): void {
    const { lists, layout } = this.#store;
    if (this.#canArrive(direction)) {
      if (this.#left('drop') && this.#mayDropHead(direction)) this.#add('drop', direction);
      if (this.#left('duplicate')) this.#add('duplicate', direction);
      if (this.#left('reorder')) {
        const { length } = lists.list(this.#vector[layout.queues + direction]!);
        for (let index = 1; index < length; index++) this.#add('reorder', direction, index);
      }
    }
    const cut = (this.#word(direction) & (linkCut << (direction & 1))) !== 0;
    if (cut) this.#add('mend', direction);
    else if (this.#left('cut')) this.#add('cut', direction);
  }

  #mayDropHead(direction: number): boolean {
    const { spec, lists, layout, values } = this.#store;
    const [head] = lists.list(this.#vector[layout.queues + direction]!);
    return head === undefined || (spec.droppable?.(values.value(head)) ?? true);
  }

  /** Changes of a link that its ends hear of. */
  #link(link: number): void {
    const { topology } = this.#store;
    if (topology.listeners[2 * link] === undefined) return;
    const word = this.#word(2 * link);
    const broken = (word & linkBroken) !== 0;
    const bothKnow = (word & linkKnownDown) !== 0 && (word & (linkKnownDown << 1)) !== 0;
    const { from, to } = topology.directions[2 * link]!;
    if (!broken && this.#left('linkDown')) this.#add('linkDown', link);
    if (broken && bothKnow && this.#view.up(from) && this.#view.up(to)) this.#add('linkUp', link);
    this.#linkEnd(2 * link, word, broken);
    this.#linkEnd(2 * link + 1, word, broken);
  }

  #linkEnd(direction: number, word: number, broken: boolean): void {
    const { topology, layout } = this.#store;
    if (!this.#view.up(topology.directions[direction]!.from)) return;
    const end = direction & 1;
    const knownDown = (word & (linkKnownDown << end)) !== 0;
    const suspected = (word & (linkSuspected << end)) !== 0;
    if (broken && !knownDown && this.#mayNotice(direction)) {
      this.#add('noticeDown', direction);
      if (topology.takesBack[direction] && this.#vector[layout.queues + direction] !== 0) {
        this.#add('noticeDownUnknown', direction);
      }
      const waiting = this.#vector[layout.queues + (direction ^ 1)] !== 0;
      if (waiting && this.#left('ghost')) this.#add('noticeDownGhost', direction);
    }
    if (!broken && knownDown) this.#add('noticeUp', direction);
    if (!broken && !knownDown && !suspected && this.#left('suspect')) this.#add('suspect', direction);
    if (!broken && suspected) this.#add('trust', direction);
  }

  #mayNotice(direction: number): boolean {
    const { spec, topology } = this.#store;
    const { from, fromPort } = topology.directions[direction]!;
    return spec.notices?.(this.#view, from, fromPort) !== false;
  }

  #left(fault: FaultClass): boolean {
    const at = this.#store.layout.left(fault);
    return at !== undefined && (this.#vector[at] as number) > 0;
  }

  #word(direction: number): number {
    return this.#vector[this.#store.layout.links + (direction >>> 1)] as number;
  }

  #add(kind: ActionKind, a: number, b = 0): void {
    this.#into.push(actionCode(kind, a, b));
  }
}
