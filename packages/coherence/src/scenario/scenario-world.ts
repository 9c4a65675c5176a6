import { initialEntry } from '../kernel/object-entry.ts';
import { noPayload, type ObjectEntry, type ObjectNotice } from '../kernel/object-types.ts';
import type { Undelivered, View, ViewEvent, ViewKey, ViewResult } from '../kernel/view-types.ts';
import { beginning, type LocalEvent } from './call-events.ts';
import { CoherenceWatch, type Moment } from './coherence-watch.ts';
import { type Choice, type Envelope, type Link, Links } from './links.ts';
import { Membership } from './membership.ts';
import { MessageCounts } from './message-counts.ts';
import { type Effect, NodeHost, objectEnvOf } from './node-host.ts';
import type { CallStep, FillOutcome } from './scenario.ts';
import { type Call, CallBook, errorOf } from './scenario-calls.ts';
import { StepFailure } from './step-failure.ts';
import type { ScenarioHeader } from './step-shapes.ts';
import { Values } from './values.ts';

/** A load for this node or, where loads are the default owner's, for another. */
type Load = Extract<ObjectNotice, { type: 'fill' | 'load' }>;

/** One object, beyond what the nodes know of it. */
interface ScenarioObject {
  /** Kernels know it by this. */
  readonly number: number;
  readonly watch: CoherenceWatch;
  /** Loads going on, by the node they run on. */
  readonly loads: Map<number, Load>;
}

/** What a node has still to be told, by its own host. */
interface Pending {
  readonly node: number;
  readonly event: ViewEvent;
}

/** Nodes with their kernels, the links between them, and the calls made on them. */
export class ScenarioWorld {
  readonly links: Links;
  readonly counts = new MessageCounts();
  readonly calls = new CallBook();
  readonly values = new Values();
  /** What does not hold any more; a scenario ends there. */
  violation: string | undefined;
  /** Told by the kernels in the present step: nodes of whose objects nobody knows. */
  unknown: number[] = [];
  readonly #header: ScenarioHeader;
  readonly #nodes: readonly number[];
  readonly #members: Membership;
  /** Undefined where a node is down. */
  readonly #hosts: (NodeHost | undefined)[];
  readonly #objects = new Map<string, ScenarioObject>();
  readonly #keys: string[] = [];

  constructor(header: ScenarioHeader) {
    this.#header = header;
    this.#nodes = Array.from({ length: header.nodes }, (_, node) => node);
    this.links = new Links(header.nodes);
    this.#members = new Membership(header.nodes);
    this.#hosts = this.#nodes.map((node) => new NodeHost(header, node, this.#members.present));
  }

  /** Undefined where the node is down. */
  host(node: number): NodeHost | undefined {
    return this.#hosts[node];
  }

  /** Undefined where the node is down. */
  entry(node: number, key: string): ObjectEntry | undefined {
    return this.#hosts[node]?.entry(this.#object(key).number);
  }

  #object(key: string): ScenarioObject {
    let object = this.#objects.get(key);
    if (object === undefined) {
      const number = this.#keys.push(key) - 1;
      object = { number, watch: new CoherenceWatch(this.#header), loads: new Map() };
      this.#objects.set(key, object);
    }
    return object;
  }

  #require(node: number): void {
    if (!this.#members.isUp(node)) throw new StepFailure(`node ${node} is down`);
  }

  /** @throws StepFailure where the node is down, or the step names a lease that is not there. */
  call(step: CallStep): void {
    this.#require(step.node);
    const { operation, node, key } = step;
    if (operation.type === 'put') {
      this.#endLease(step, this.#lease(step));
      return;
    }
    const lease = operation.type === 'set' ? this.#leaseToSet(step) : undefined;
    const call = this.calls.open(step);
    if (lease === undefined) {
      const seen = this.entry(node, key)?.version ?? 0;
      call.event = beginning(step, call.id, { operand: this.#handle(step.value), seen });
      this.#tell(node, key, call.event);
    } else {
      this.#tell(node, key, { type: 'set', call: lease.id, payload: this.#handle(step.value) });
      call.done = true;
      call.value = step.value ?? null;
    }
  }

  #lease({ of }: CallStep): Call {
    const lease = of === undefined ? undefined : this.calls.named(of);
    if (lease?.isHeld !== true) throw new StepFailure(`${of} holds no lease`);
    return lease;
  }

  #leaseToSet(step: CallStep): Call | undefined {
    const { node, key } = step;
    const writer = this.calls.numbered(this.entry(node, key)?.writer ?? 0);
    // A lease that has ended may still be written to another node.
    const open = writer?.isHeld === true ? writer : undefined;
    const lease = step.of === undefined ? open : this.#lease(step);
    if (lease !== undefined) this.#requireExclusive(step, lease);
    return lease;
  }

  #endLease(step: CallStep, lease: Call): void {
    if (step.value !== undefined) this.#requireExclusive(step, lease);
    const put = this.calls.open(step);
    put.value = step.value ?? lease.value;
    put.done = !this.#answersPut(lease);
    lease.isHeld = false;
    lease.put = put;
    this.#tell(lease.node, lease.key, { type: 'put', call: lease.id, payload: this.#handle(step.value) });
  }

  /** With a backup the end of an exclusive lease waits until another node has the value too. */
  #answersPut({ node, key, id }: Call): boolean {
    const isExclusive = this.entry(node, key)?.writer === id;
    return isExclusive && this.#hosts[node]?.answersPuts(this.#object(key).number) === true;
  }

  #requireExclusive({ node, key }: CallStep, lease: Call): void {
    if (this.entry(node, key)?.writer === lease.id) return;
    throw new StepFailure(`${lease.name} holds a shared lease, which cannot write`);
  }

  #handle(value: CallStep['value']): number {
    return value === undefined ? noPayload : this.values.handle(value);
  }

  /** Delivers the next message of a link that is meant. */
  deliver(link: Link, choice?: Choice): Envelope | undefined {
    return this.#arrive(this.links.take(link, choice));
  }

  /** Delivers the next message of the lowest link that is not held. */
  deliverLowest(choice?: Choice): Envelope | undefined {
    return this.#arrive(this.links.takeLowest(choice));
  }

  #arrive(envelope: Envelope | undefined): Envelope | undefined {
    if (envelope === undefined) return undefined;
    const { from, to, key, message, isDropped } = envelope;
    if (isDropped) return envelope;
    if (key !== undefined) this.#object(key).watch.arrives(from, to, message);
    this.#feed(to, { type: 'message', from, message });
    return envelope;
  }

  /** @throws StepFailure where no load goes on. */
  fill(node: number, key: string, outcome: FillOutcome): void {
    const { loads } = this.#object(key);
    const load = loads.get(node);
    if (load === undefined) throw new StepFailure(`no load goes on at node ${node}`);
    loads.delete(node);
    const { id } = load;
    const absent = outcome === 'absent';
    const payload = typeof outcome === 'object' ? this.values.handle(outcome.value) : noPayload;
    if (load.type === 'load') this.#tell(node, key, { type: 'loaded', node: load.node, id, payload, absent });
    else if (payload === noPayload) this.#tell(node, key, { type: 'fill-failed', id, absent });
    else this.#tell(node, key, { type: 'filled', id, payload });
  }

  /**
   * A node dies. Of what it sent the first few messages of a link still arrive; of what was sent to it the first few may
   * have been received, which nobody will ever know.
   */
  crash(node: number, keep: readonly (readonly [from: number, to: number, count: number])[]): void {
    this.#members.crash(node);
    this.#hosts[node] = undefined;
    this.calls.lose(node);
    const kept = (from: number, to: number): number =>
      keep.find(([first, second]) => first === from && second === to)?.[2] ?? 0;
    for (const other of this.#nodes) {
      if (other === node) continue;
      this.links.cut([node, other], kept(node, other));
      const lost = this.links.cut([other, node], kept(other, node));
      this.links.cut([other, node], 0);
      for (const { message } of lost) this.#members.takeBack(other, { to: node, message });
    }
    for (const { watch, loads } of this.#objects.values()) {
      loads.delete(node);
      watch.crashes(node);
    }
  }

  restart(node: number): void {
    this.#members.restart(node);
    this.#hosts[node] = new NodeHost(this.#header, node, undefined);
  }

  /** Tells nodes of the next view; what still arrives of nodes that left arrives first. Answers what arrived. */
  view(number: number, wanted: readonly number[] | undefined): Envelope[] {
    const arrived: Envelope[] = [];
    for (const node of this.#members.announce(number, wanted)) {
      for (const view of this.#members.due(node)) {
        arrived.push(...this.#lastWords(node, view));
        const undelivered = this.#members.givenBack(node, view);
        this.#seeReturn(node, undelivered);
        this.#feed(node, { type: 'view', ...view, undelivered });
      }
    }
    return arrived;
  }

  #lastWords(node: number, { members }: View): Envelope[] {
    return this.#nodes
      .filter((other) => other !== node && !members.includes(other))
      .flatMap((other) => this.links.on([other, node]).slice())
      .flatMap(({ from, to }) => this.deliver([from, to]) ?? []);
  }

  #seeReturn(sender: number, undelivered: readonly Undelivered[]): void {
    for (const { to, message } of undelivered) {
      if (message.type !== 'OBJECT') continue;
      this.#object(this.#keys[Number(message.key)]!).watch.comesBack(sender, to, [message]);
    }
  }

  /** At the end of a step: where nothing is under way nobody may wait. */
  checkRest(): void {
    if (!this.links.areEmpty || this.#steady() === undefined) return;
    for (const object of this.#objects.values())
      this.violation ??= object.watch.violationAtRest(this.#moment(object).entries);
  }

  #tell(node: number, key: string, event: LocalEvent): void {
    this.#feed(node, { type: 'object', key: this.#object(key).number, event });
  }

  #feed(first: number, event: ViewEvent): void {
    const pending: Pending[] = [{ node: first, event }];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const host = this.#hosts[next.node];
      if (host === undefined) continue;
      for (const effect of host.step(next.event)) pending.push(...this.#carryOut(next.node, effect));
      this.#check(keyOf(next.event));
    }
  }

  /** @param key of the only object that something happened to; undefined for all. */
  #check(key: ViewKey | undefined): void {
    for (const object of this.#objects.values()) {
      if (key === undefined || object.number === key) this.violation ??= object.watch.violation(this.#moment(object));
    }
  }

  #moment({ number }: ScenarioObject): Moment {
    const steady = this.#steady();
    const { epoch } = this.#members.present;
    const nobody = initialEntry({
      self: -1,
      defaultOwner: objectEnvOf(this.#header, -1, this.#members.present).defaultOwner,
    });
    const entries = this.#hosts.map((host) => host?.entry(number) ?? nobody);
    const under = this.links.all().flatMap(({ from, to, message, isDropped }) => {
      const isLive = this.#members.isUp(from) && this.#members.isUp(to);
      if (isDropped || !isLive || message.type !== 'OBJECT' || message.key !== number) return [];
      return message.epoch === epoch ? [{ from, to, message: message.message }] : [];
    });
    return { entries, under, steady };
  }

  /** The members, where all who live are members of the present view and serve calls in it. */
  #steady(): readonly number[] | undefined {
    const { members } = this.#members.present;
    const live = this.#nodes.filter((node) => this.#members.isUp(node));
    return live.length === members.length && this.#servesEverywhere() ? members : undefined;
  }

  #servesEverywhere(): boolean {
    const { epoch, members } = this.#members.present;
    return members.every((node) => {
      const state = this.#hosts[node]?.state;
      return state?.phase === 'open' && state.view.epoch === epoch;
    });
  }

  /** Does what a kernel asks for; answers what the node is told at once. */
  #carryOut(node: number, { kind, target, message, result, upward, step, a, b }: Effect): Pending[] {
    if (kind === 'trace') {
      const key = this.#keys[b];
      if (key !== undefined) this.#object(key).watch.step(node, step, a);
    } else if (kind === 'reply' && result !== undefined) {
      return this.#answered(node, target, result);
    } else if (kind === 'send' && message !== undefined) {
      const key = message.type === 'OBJECT' ? this.#keys[Number(message.key)] : undefined;
      this.counts.sent(key, message);
      if (key !== undefined) this.#object(key).watch.sent(node, target, message);
      if (this.#members.reaches(target, message.epoch)) this.links.send(node, target, key, message);
      else this.#members.takeBack(node, { to: target, message });
    } else if (kind === 'deliver' && upward?.type === 'object') {
      return this.#served(node, this.#keys[Number(upward.key)]!, upward.notice);
    } else if (kind === 'deliver' && upward?.type === 'objects-unknown') {
      this.unknown.push(upward.node);
    }
    return [];
  }

  /** The device writes at once. An operation gives the object the value its call names, or leaves it. */
  #served(node: number, key: string, notice: ObjectNotice): Pending[] {
    const { watch, loads, number } = this.#object(key);
    watch.notice(notice);
    const told = (event: LocalEvent): Pending[] => [{ node, event: { type: 'object', key: number, event } }];
    switch (notice.type) {
      case 'store':
        return told({ type: 'stored', node: notice.node, call: notice.call, ok: true });
      case 'run': {
        const payload = notice.operation;
        return told({ type: 'ran', ok: true, payload, result: payload === noPayload ? notice.payload : payload });
      }
      case 'erase':
        // Nobody reads the device again but through a load, which the scenario answers.
        return [];
      default:
        loads.set(node, notice);
        return [];
    }
  }

  /** A call that was to be put at once is; one that a change of view interrupted is made again. */
  #answered(node: number, id: number, { key, result }: ViewResult): Pending[] {
    const call = this.calls.numbered(id);
    if (call === undefined) throw new StepFailure(`an answer to call ${id}, which nobody made`);
    const endsWrite = call.operation.type === 'get' || call.operation.type === 'grab' || call.operation.type === 'set';
    if (result.outcome !== 'done' || endsWrite) this.#object(call.key).watch.reply(node, id, result);
    if (result.outcome === 'interrupted' && call.event !== undefined)
      return [{ node, event: { type: 'object', key, event: call.event } }];
    if (result.outcome === 'done' && call.put !== undefined) call.put.done = true;
    call.done = true;
    call.error = errorOf(call.operation, result.outcome);
    if (result.outcome === 'executed') call.value = this.values.value(result.result);
    if (result.outcome !== 'held' && result.outcome !== 'absent-held') return [];
    const putsAtOnce = call.operation.type === 'set' || ('atOnce' in call.operation && call.operation.atOnce);
    const found = result.outcome === 'held' ? this.values.value(result.payload) : null;
    call.value = call.writes ?? found;
    call.isHeld = !putsAtOnce;
    call.done = !putsAtOnce || !this.#answersPut(call);
    const put: LocalEvent = { type: 'put', call: id, payload: this.#handle(call.writes) };
    return putsAtOnce ? [{ node, event: { type: 'object', key, event: put } }] : [];
  }
}

/** The object that an event is about; undefined for a change of view, which is about all. */
function keyOf(event: ViewEvent): ViewKey | undefined {
  if (event.type === 'object') return event.key;
  return event.type === 'message' && event.message.type === 'OBJECT' ? event.message.key : undefined;
}
