import { EffectBuffer } from '@holdfast/kernel';
import { initialEntry } from '../kernel/object-entry.ts';
import { objectKernel } from '../kernel/object-kernel.ts';
import { objectRules } from '../kernel/object-rules.ts';
import {
  anyNode,
  type CallResult,
  noPayload,
  type ObjectEntry,
  type ObjectEnv,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
} from '../kernel/object-types.ts';
import { forwardsMaxDefault, requestIdsMax } from '../limits.ts';
import { CoherenceWatch } from './coherence-watch.ts';
import { type Choice, type Envelope, type Link, Links } from './links.ts';
import { MessageCounts } from './message-counts.ts';
import type { CallStep, FillOutcome } from './scenario.ts';
import { type Call, CallBook, errorOf } from './scenario-calls.ts';
import { StepFailure } from './step-failure.ts';
import type { ScenarioHeader } from './step-shapes.ts';
import { Values } from './values.ts';

/** One object on all nodes. */
interface ScenarioObject {
  readonly entries: readonly ObjectEntry[];
  readonly watch: CoherenceWatch;
  /** Loads going on, by the node they run on. */
  readonly loads: Map<number, Load>;
}

/** A load for this node or, where loads are the default owner's, for another. */
type Load = Extract<ObjectNotice, { type: 'fill' | 'load' }>;

/** What a node has still to be told, by its own host. */
interface Pending {
  readonly node: number;
  readonly event: ObjectEvent;
}

/** Nodes with their kernels, the links between them, and the calls made on them. */
export class ScenarioWorld {
  readonly links: Links;
  readonly counts = new MessageCounts();
  readonly calls = new CallBook();
  readonly values = new Values();
  /** What does not hold any more; a scenario ends there. */
  violation: string | undefined;
  readonly #envs: readonly ObjectEnv[];
  readonly #objects = new Map<string, ScenarioObject>();
  readonly #buffer = new EffectBuffer<ObjectMessage, CallResult, ObjectNotice>();

  constructor({ nodes, defaultOwner, set }: ScenarioHeader) {
    this.links = new Links(nodes);
    this.#envs = Array.from({ length: nodes }, (_, self) => ({
      self,
      defaultOwner,
      forwardsMax: forwardsMaxDefault,
      requestIds: requestIdsMax,
      fill: set.slowFill ? 'load' : 'blank',
      exclusiveReaders: false,
      firstTouch: set.linked ? 'default-owner' : 'requester',
      migratory: set.migratory,
      rules: objectRules,
    }));
  }

  /** How each node knows an object. */
  entries(key: string): readonly ObjectEntry[] {
    return this.#object(key).entries;
  }

  #object(key: string): ScenarioObject {
    let object = this.#objects.get(key);
    if (object === undefined) {
      object = { entries: this.#envs.map(initialEntry), watch: new CoherenceWatch(this.#envs), loads: new Map() };
      this.#objects.set(key, object);
    }
    return object;
  }

  /** @throws StepFailure where the step names a lease that is not there. */
  call(step: CallStep): void {
    const { node, key, operation } = step;
    switch (operation.type) {
      case 'put':
        this.#endLease(step, this.#lease(step));
        break;
      case 'set':
        this.#set(step);
        break;
      case 'get':
      case 'grab': {
        const { id } = this.calls.open(step);
        const { absence } = operation;
        const event: ObjectEvent =
          operation.type === 'get'
            ? { type: 'get', call: id, absence }
            : { type: 'grab', call: id, absence, try: operation.try };
        this.#step(node, key, event);
        break;
      }
      case 'prefetch':
        this.#step(node, key, { ...operation, call: this.calls.open(step).id });
        break;
      case 'execute': {
        const { id } = this.calls.open(step);
        const operated = this.#handle(step.value);
        this.#step(node, key, { ...operation, call: id, operation: operated, again: false });
        break;
      }
      case 'watch': {
        const { id } = this.calls.open(step);
        this.#step(node, key, { type: 'watch', call: id, seen: this.entries(key)[node]?.version ?? 0 });
        break;
      }
      case 'flush':
      case 'evict':
        this.#step(node, key, { type: 'flush', call: this.calls.open(step).id, to: step.to ?? anyNode });
        break;
      default:
        this.#step(node, key, { type: operation.type, call: this.calls.open(step).id });
        break;
    }
  }

  #lease({ of }: CallStep): Call {
    const lease = of === undefined ? undefined : this.calls.named(of);
    if (lease?.isHeld !== true) throw new StepFailure(`${of} holds no lease`);
    return lease;
  }

  #endLease(step: CallStep, lease: Call): void {
    this.#requireExclusive(step, lease);
    const put = this.calls.open(step);
    this.#step(lease.node, lease.key, { type: 'put', call: lease.id, payload: this.#handle(step.value) });
    lease.isHeld = false;
    put.done = true;
    put.value = step.value ?? lease.value;
  }

  #requireExclusive({ node, key, value }: CallStep, lease: Call): void {
    if (value === undefined || this.entries(key)[node]?.writer === lease.id) return;
    throw new StepFailure(`${lease.name} holds a shared lease, which cannot write`);
  }

  /** Under a lease; without one it takes one for itself, whether the object exists or not. */
  #set(step: CallStep): void {
    const lease = step.of === undefined ? this.#writerOn(step) : this.#lease(step);
    const set = this.calls.open(step);
    if (lease === undefined) {
      this.#step(step.node, step.key, { type: 'grab', call: set.id, absence: 'manual', try: false });
      return;
    }
    this.#requireExclusive(step, lease);
    this.#step(lease.node, lease.key, { type: 'set', call: lease.id, payload: this.#handle(step.value) });
    set.done = true;
    set.value = step.value ?? null;
  }

  #writerOn({ node, key }: CallStep): Call | undefined {
    return this.calls.numbered(this.entries(key)[node]?.writer ?? 0);
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
    if (!isDropped) this.#step(to, key, { type: 'message', from, message });
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
    if (load.type === 'load') this.#step(node, key, { type: 'loaded', node: load.node, id, payload, absent });
    else if (payload === noPayload) this.#step(node, key, { type: 'fill-failed', id, absent });
    else this.#step(node, key, { type: 'filled', id, payload });
  }

  /** At the end of a step: where nothing is under way nobody may wait. */
  checkRest(): void {
    if (!this.links.areEmpty) return;
    for (const { entries, watch } of this.#objects.values()) this.violation ??= watch.violationAtRest(entries);
  }

  #step(node: number, key: string, first: ObjectEvent): void {
    const object = this.#object(key);
    const pending: Pending[] = [{ node, event: first }];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      this.#buffer.clear();
      objectKernel.step(object.entries[next.node]!, next.event, this.#envs[next.node]!, this.#buffer);
      pending.push(...this.#carryOut(next.node, key, object));
      this.#check(key, object);
    }
  }

  #check(key: string, { entries, watch }: ScenarioObject): void {
    const under = this.links.all().filter((envelope) => envelope.key === key && !envelope.isDropped);
    this.violation ??= watch.violation(entries, under);
  }

  /** Does what a kernel asks for; answers what the node is told at once. */
  #carryOut(node: number, key: string, { watch, loads }: ScenarioObject): Pending[] {
    const pending: Pending[] = [];
    for (let index = 0; index < this.#buffer.length; index++) {
      const { kind, target, message, result, upward, step, a } = this.#buffer.at(index);
      if (kind === 'trace') {
        watch.step(step, a);
      } else if (kind === 'reply' && result !== undefined) {
        watch.reply(result);
        pending.push(...this.#answered(node, target, result));
      } else if (kind === 'send' && message !== undefined) {
        this.links.send(node, target, key, message);
        this.counts.sent(key, message);
      } else if (kind === 'deliver' && upward !== undefined) {
        watch.notice(upward);
        if (upward.type === 'fill' || upward.type === 'load') loads.set(node, upward);
        else if (upward.type !== 'erase') pending.push({ node, event: this.#served(upward) });
      }
    }
    return pending;
  }

  /** The device writes at once. An operation gives the object the value its call names, or leaves it. */
  #served(notice: Exclude<ObjectNotice, Load | { type: 'erase' }>): ObjectEvent {
    if (notice.type === 'store') return { type: 'stored', node: notice.node, call: notice.call, ok: true };
    const payload = notice.operation;
    return { type: 'ran', ok: true, payload, result: payload === noPayload ? notice.payload : payload };
  }

  /** A call that was to be put at once is. */
  #answered(node: number, id: number, result: CallResult): Pending[] {
    const call = this.calls.numbered(id);
    if (call === undefined) throw new StepFailure(`an answer to call ${id}, which nobody made`);
    call.done = true;
    call.error = errorOf(call.operation, result.outcome);
    if (result.outcome === 'executed') call.value = this.values.value(result.result);
    if (result.outcome !== 'held' && result.outcome !== 'absent-held') return [];
    const putsAtOnce = call.operation.type === 'set' || ('atOnce' in call.operation && call.operation.atOnce);
    const found = result.outcome === 'held' ? this.values.value(result.payload) : null;
    call.value = call.writes ?? found;
    call.isHeld = !putsAtOnce;
    return putsAtOnce ? [{ node, event: { type: 'put', call: id, payload: this.#handle(call.writes) } }] : [];
  }
}
