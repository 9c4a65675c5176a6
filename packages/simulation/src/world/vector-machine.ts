import type { KernelEvent } from '@holdfast/kernel';
import { StackLoopError } from '../errors.ts';
import { PairTable } from '../explorer/pair-table.ts';
import { inputsPerActionMax } from '../limits.ts';
import { DiskImage, type DiskRequest } from './disk-image.ts';
import { type FaultClass, faultClasses, linkBroken, linkCut, linkKnownDown, linkSuspected } from './layout.ts';
import type { Observation, ObservedKind } from './monitor.ts';
import type { Consequence } from './part-steps.ts';
import type { WorldStore } from './world-store.ts';

/** A state of a world: a vector of small numbers, most of them places in the pools of a {@link WorldStore}. */
export type WorldVector = number[];

const emptyList = 0;

interface CallEvent {
  readonly event: number;
  readonly observation: number | undefined;
}

/** Changes state vectors: what messages, links, nodes and disks do, whatever action asked for it. */
export class VectorMachine {
  readonly #store: WorldStore;
  readonly #observed: PairTable[];
  readonly #watched: ReadonlySet<ObservedKind>;
  /** By observation. */
  readonly #watchers: (readonly number[] | undefined)[] = [];
  readonly #appended = new PairTable();
  readonly #armed = new PairTable();
  readonly #rests: number[] = [];
  /** By call and issue. */
  readonly #callEvents: CallEvent[][] = [];
  /** Events between the parts of a node, waiting within one action: part and event in turn. */
  readonly #inputs: number[] = [];
  /** Where the consequences of an action are told as text while a trace is printed. */
  narrate: ((node: number, consequence: Consequence) => void) | undefined;

  constructor(store: WorldStore) {
    this.#store = store;
    this.#observed = store.monitors.map(() => new PairTable());
    this.#watched = new Set((store.spec.monitors ?? []).flatMap((monitor) => monitor.watches));
  }

  initial(): WorldVector {
    const { layout, monitors, disks, spec, topology } = this.#store;
    const vector = Array.from({ length: layout.length }, () => 0);
    for (const [index, pool] of monitors.entries()) {
      vector[layout.monitors + index] = pool.intern(spec.monitors?.[index]?.initial());
    }
    for (const fault of faultClasses) {
      const at = layout.left(fault);
      if (at !== undefined) vector[at] = spec.faults?.[fault] ?? 0;
    }
    for (const [link, { startsUp }] of spec.links.entries()) {
      if (topology.listeners[2 * link] !== undefined && startsUp !== true) {
        vector[layout.links + link] = linkKnownDown | (linkKnownDown << 1);
      }
    }
    const emptyDisk = disks.intern(new DiskImage());
    for (const node of spec.nodes.keys()) vector[layout.disk(node)] = emptyDisk;
    for (const node of spec.nodes.keys()) this.start(vector, node, 0);
    return vector;
  }

  call(vector: WorldVector, call: number): void {
    const { node, part } = this.#store.spec.calls[call]!;
    const at = this.#store.layout.issued(call);
    const nth = at === undefined ? 0 : vector[at]!;
    if (at !== undefined) vector[at]!++;
    const { event, observation } = this.#callEvent(call, nth);
    if (observation !== undefined) this.#feedMonitors(vector, observation);
    this.#run(vector, node, part, event);
  }

  /** Use up one fault of the class. */
  spend(vector: WorldVector, fault: FaultClass): void {
    const at = this.#store.layout.left(fault);
    if (at === undefined || vector[at] === 0) throw new RangeError(`no ${fault} is left`);
    vector[at]!--;
  }

  /** Take message `index` out of the queue of `direction`. */
  take(vector: WorldVector, direction: number, index: number): number {
    const { layout, lists } = this.#store;
    const at = layout.queues + direction;
    const queue = lists.list(vector[at]!);
    const message = queue[index]!;
    vector[at] = index === 0 ? this.#rest(vector[at]!) : lists.intern(queue.toSpliced(index, 1));
    return message;
  }

  /** The message at the head of the queue of `direction`, which stays there. */
  head(vector: WorldVector, direction: number): number {
    return this.#store.lists.list(vector[this.#store.layout.queues + direction]!)[0]!;
  }

  /** A message reaches the end of `direction`. */
  arrive(vector: WorldVector, direction: number, message: number): void {
    const { directions } = this.#store.topology;
    const { to, toPort, toPart } = directions[direction]!;
    this.#run(vector, to, toPart, this.#store.parts[to]![toPart]!.arrival(toPort, message));
  }

  /** Timer `timer` of a part ends. */
  expire(vector: WorldVector, node: number, part: number, timer: number): void {
    this.#disarm(vector, node, part, timer);
    this.#run(vector, node, part, this.#store.parts[node]![part]!.expiry(timer));
  }

  /** Change the disk of a node in place of its stored form. */
  changeDisk<Result>(vector: WorldVector, node: number, change: (disk: DiskImage) => Result): Result {
    const { disks, layout } = this.#store;
    const disk = disks.fresh(vector[layout.disk(node)]!) as DiskImage;
    const result = change(disk);
    vector[layout.disk(node)] = disks.intern(disk);
    return result;
  }

  setLink(vector: WorldVector, link: number, bits: number, on: boolean): void {
    const at = this.#store.layout.links + link;
    if (on) vector[at]! |= bits;
    else vector[at]! &= ~bits;
  }

  clearQueue(vector: WorldVector, direction: number): void {
    vector[this.#store.layout.queues + direction] = emptyList;
  }

  /** The end at which `direction` starts learns that its link is up or down; no news if it took it for down. */
  notice(vector: WorldVector, direction: number, up: boolean, undelivered = emptyList): void {
    const link = direction >>> 1;
    const suspected = linkSuspected << (direction & 1);
    const knew = (vector[this.#store.layout.links + link]! & suspected) !== 0;
    this.setLink(vector, link, suspected, false);
    this.setLink(vector, link, linkKnownDown << (direction & 1), !up);
    if (!knew) this.tellLink(vector, direction, up, undelivered);
  }

  /** Take out of the queue of `direction` what its start is to have back: none where it does not {@link Part.takesBack}. */
  takeBack(vector: WorldVector, direction: number): number {
    const at = this.#store.layout.queues + direction;
    if (!this.#store.topology.takesBack[direction] || !this.#isCutOff(vector, direction)) return emptyList;
    const undelivered = vector[at]!;
    vector[at] = emptyList;
    return undelivered;
  }

  tellLink(vector: WorldVector, direction: number, up: boolean, undelivered = emptyList): void {
    const { directions, listeners } = this.#store.topology;
    const { from, fromPort } = directions[direction]!;
    const part = listeners[direction]!;
    this.#run(vector, from, part, this.#store.parts[from]![part]!.linkChange(fromPort, up, undelivered));
  }

  /** A link breaks; each end notices for itself. */
  breakLink(vector: WorldVector, link: number): void {
    this.setLink(vector, link, linkBroken, true);
    this.#loseUnheard(vector, 2 * link);
    this.#loseUnheard(vector, 2 * link + 1);
  }

  /** On a link that resets, what is on its way to an end that takes the link for down is lost as the link breaks. */
  #loseUnheard(vector: WorldVector, direction: number): void {
    const { layout, spec } = this.#store;
    const farKnowsDown = (vector[layout.links + (direction >>> 1)]! & (linkKnownDown << ((direction & 1) ^ 1))) !== 0;
    if (farKnowsDown && spec.links[direction >>> 1]!.resets === true) this.clearQueue(vector, direction);
  }

  crash(vector: WorldVector, node: number): void {
    const { layout, topology } = this.#store;
    const incarnation = vector[layout.life(node)]! >>> 1;
    vector[layout.life(node)] = incarnation << 1;
    for (const [part, steps] of this.#store.parts[node]!.entries()) {
      vector[layout.state(node, part)] = steps.initial(incarnation);
      vector[layout.timers(node, part)] = emptyList;
    }
    for (const [direction, { from }] of topology.directions.entries()) {
      if (from !== node) continue;
      const isPeerGone = this.#isCutOff(vector, direction);
      if (topology.takesBack[direction] && isPeerGone) this.clearQueue(vector, direction);
      if (!topology.takesBack[direction ^ 1] || isPeerGone) this.clearQueue(vector, direction ^ 1);
      else this.#keepWanted(vector, direction ^ 1);
      if (topology.listeners[direction] === undefined) continue;
      const end = direction & 1;
      this.setLink(vector, direction >>> 1, linkSuspected << end, false);
      this.#loseUnheard(vector, direction);
      this.setLink(vector, direction >>> 1, linkBroken | (linkKnownDown << end), true);
    }
    this.#observe(vector, { kind: 'crash', node, part: 0, number: 0, value: 0 });
  }

  start(vector: WorldVector, node: number, incarnation: number): void {
    const { layout, parts, spec } = this.#store;
    vector[layout.life(node)] = (incarnation << 1) | 1;
    for (const [part, steps] of parts[node]!.entries()) vector[layout.state(node, part)] = steps.initial(incarnation);
    this.#observe(vector, { kind: 'start', node, part: 0, number: incarnation, value: 0 });
    for (const [index, part] of spec.nodes[node]!.parts.entries()) {
      this.input(vector, node, index, part.start?.(incarnation));
    }
  }

  /** Step a part with an event, and the parts of its node with what follows from it. */
  input(vector: WorldVector, node: number, part: number, event: KernelEvent | undefined): void {
    if (event !== undefined) this.#run(vector, node, part, this.#store.values.intern(event));
  }

  #run(vector: WorldVector, node: number, firstPart: number, firstEvent: number | undefined): void {
    if (firstEvent === undefined) return;
    const { layout, parts, spec } = this.#store;
    const inputs = this.#inputs;
    inputs.length = 0;
    inputs.push(firstPart, firstEvent);
    const incarnation = vector[layout.life(node)]! >>> 1;
    for (let at = 0; at < inputs.length; at += 2) {
      if (at > 2 * inputsPerActionMax) throw new StackLoopError(spec.nodes[node]!.name, inputsPerActionMax);
      const part = inputs[at]!;
      const step = parts[node]![part]!.step(vector[layout.state(node, part)]!, inputs[at + 1]!, incarnation);
      if (step.error !== undefined) throw step.error;
      vector[layout.state(node, part)] = step.next;
      for (const consequence of step.consequences) this.#follow(vector, node, part, consequence);
    }
  }

  /** The nth event of a call and what monitors see of it, computed once. */
  #callEvent(call: number, nth: number): CallEvent {
    this.#callEvents[call] ??= [];
    const known = this.#callEvents[call];
    let found = known[nth];
    if (found === undefined) {
      const { values, spec } = this.#store;
      const { node, part, event } = spec.calls[call]!;
      const value = event(nth);
      const seen: Observation = { kind: 'call', node, part, number: call, value };
      const observation = this.#watched.has('call') ? values.intern(seen) : undefined;
      found = { event: values.intern(value), observation };
      known[nth] = found;
    }
    return found;
  }

  #follow(vector: WorldVector, node: number, part: number, consequence: Consequence): void {
    this.narrate?.(node, consequence);
    switch (consequence.kind) {
      case 'send':
        this.#send(vector, node, consequence.port, consequence.message);
        break;
      case 'input':
        this.#inputs.push(consequence.part, consequence.event);
        break;
      case 'arm':
        this.#arm(vector, node, part, consequence.timer);
        break;
      case 'disarm':
        this.#disarm(vector, node, part, consequence.timer);
        break;
      case 'disk': {
        const request = this.#store.values.value(consequence.request) as DiskRequest;
        this.changeDisk(vector, node, (disk) => disk.submit(request));
        break;
      }
      case 'observe':
        this.#feedMonitors(vector, consequence.observation);
        break;
    }
  }

  #send(vector: WorldVector, node: number, port: number, message: number): void {
    const { layout, topology } = this.#store;
    const direction = topology.out[node]!.get(port);
    if (direction === undefined) throw new RangeError(`node ${node} sends to port ${port}, which has no link`);
    const end = direction & 1;
    const word = vector[layout.links + (direction >>> 1)]!;
    if ((word & ((linkKnownDown | linkSuspected | linkCut) << end)) !== 0) return;
    const { to } = topology.directions[direction]!;
    const isLost = (word & linkBroken) !== 0 || (vector[layout.life(to)]! & 1) === 0;
    if (isLost && !(this.#isWanted(direction, message) && this.#isCutOff(vector, direction))) return;
    vector[layout.queues + direction] = this.#append(vector[layout.queues + direction]!, message);
  }

  #isWanted(direction: number, message: number): boolean {
    const { topology, values } = this.#store;
    return topology.wantsBack[direction]!(values.value(message));
  }

  /** Of what a crashed node did not receive only what its sender wants back makes a difference. */
  #keepWanted(vector: WorldVector, direction: number): void {
    const { layout, lists } = this.#store;
    const at = layout.queues + direction;
    const queue = lists.list(vector[at]!);
    vector[at] = lists.intern(queue.filter((message) => this.#isWanted(direction, message)));
  }

  /** Whether the receiver of `direction` crashed since the link was last up: it hears nothing of what is sent until then. */
  #isCutOff(vector: WorldVector, direction: number): boolean {
    const { layout, topology } = this.#store;
    if ((vector[layout.life(topology.directions[direction]!.to)]! & 1) === 0) return true;
    const receiver = (direction & 1) ^ 1;
    return (vector[layout.links + (direction >>> 1)]! & (linkKnownDown << receiver)) !== 0;
  }

  #append(queue: number, message: number): number {
    let appended = this.#appended.get(queue, message);
    if (appended === PairTable.absent) {
      appended = this.#store.lists.intern([...this.#store.lists.list(queue), message]);
      this.#appended.set(queue, message, appended);
    }
    return appended;
  }

  #rest(queue: number): number {
    let rest = this.#rests[queue];
    if (rest === undefined) {
      rest = this.#store.lists.intern(this.#store.lists.list(queue).slice(1));
      this.#rests[queue] = rest;
    }
    return rest;
  }

  #arm(vector: WorldVector, node: number, part: number, timer: number): void {
    const at = this.#store.layout.timers(node, part);
    const before = vector[at]!;
    let after = this.#armed.get(before, timer);
    if (after === PairTable.absent) {
      const { lists } = this.#store;
      const armed = lists.list(before);
      after = armed.includes(timer) ? before : lists.intern([...armed, timer].sort((a, b) => a - b));
      this.#armed.set(before, timer, after);
    }
    vector[at] = after;
  }

  #disarm(vector: WorldVector, node: number, part: number, timer: number): void {
    const { layout, lists } = this.#store;
    const at = layout.timers(node, part);
    const armed = lists.list(vector[at]!);
    if (armed.includes(timer)) vector[at] = lists.intern(armed.filter((each) => each !== timer));
  }

  #observe(vector: WorldVector, seen: Observation): void {
    if (this.#watched.has(seen.kind)) this.#feedMonitors(vector, this.#store.values.intern(seen));
  }

  #feedMonitors(vector: WorldVector, observation: number): void {
    const { layout } = this.#store;
    for (const index of this.#watchersOf(observation)) {
      const at = layout.monitors + index;
      const before = vector[at]!;
      let after = this.#observed[index]!.get(before, observation);
      if (after === PairTable.absent) {
        after = this.#monitorAfter(index, before, observation);
        this.#observed[index]!.set(before, observation, after);
      }
      vector[at] = after;
    }
  }

  /** The monitors that watch what was observed. */
  #watchersOf(observation: number): readonly number[] {
    let watchers = this.#watchers[observation];
    if (watchers === undefined) {
      const { kind } = this.#store.values.value(observation) as Observation;
      const monitors = this.#store.spec.monitors ?? [];
      watchers = Array.from(monitors.keys()).filter((index) => monitors[index]!.watches.includes(kind));
      this.#watchers[observation] = watchers;
    }
    return watchers;
  }

  #monitorAfter(index: number, before: number, observation: number): number {
    const { monitors, spec, values } = this.#store;
    const state = monitors[index]!.fresh(before);
    spec.monitors![index]!.observe(state, values.value(observation) as Observation);
    return monitors[index]!.intern(state);
  }
}
