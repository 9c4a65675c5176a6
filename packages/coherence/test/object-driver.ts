import {
  type AbsenceMode,
  anyNode,
  type CallResult,
  initialEntry,
  noPayload,
  type ObjectEntry,
  type ObjectEnv,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  objectKernel,
  objectRules,
} from '@holdfast/coherence';
import { EffectBuffer } from '@holdfast/kernel';

type Envelope = { readonly from: number; readonly to: number; readonly message: ObjectMessage };
type CallEvent = Extract<ObjectEvent, { call: number }>;
/** An event without its call number, which the driver gives. */
type Unnumbered = CallEvent extends infer Event ? (Event extends CallEvent ? Omit<Event, 'call'> : never) : never;

/** Nodes with one object over links in order, delivered in the order of sending, counted. */
export class ObjectDriver {
  readonly entries: ObjectEntry[];
  readonly #envs: ObjectEnv[];
  readonly #buffer = new EffectBuffer<ObjectMessage, CallResult, ObjectNotice>();
  #queue: Envelope[] = [];
  #calls = 0;
  readonly results = new Map<number, CallResult>();
  /** Loads asked for. */
  readonly loads: number[] = [];
  /** Values written to the device of the default owner, which answers once `device` says how. */
  readonly written: number[] = [];
  device: 'works' | 'fails' = 'works';
  /** Nodes without room for a copy that they did not ask for. */
  readonly full = new Set<number>();
  /** Operations run, and what they come to: by default the operand is the new value and the old one the result. */
  readonly runs: Extract<ObjectNotice, { type: 'run' }>[] = [];
  operate: (value: number, operand: number) => { ok: boolean; payload: number; result: number } = (value, operand) => ({
    ok: true,
    payload: operand,
    result: value,
  });
  /** What loads for another node come to. */
  remoteLoad = { payload: 99, absent: false };
  messages = 0;
  payloads = 0;
  forwards = 0;
  /** Deliveries one after the other that the longest chain of causes took. */
  hops = 0;
  readonly #depths = new Map<ObjectMessage, number>();

  constructor(nodes: number, options: Partial<Omit<ObjectEnv, 'self' | 'rules'>> = {}) {
    const common = {
      defaultOwner: 0,
      forwardsMax: nodes,
      requestIds: 2 ** 32,
      fill: 'blank',
      exclusiveReaders: false,
      rules: objectRules,
      ...options,
    } as const;
    this.#envs = Array.from({ length: nodes }, (_, self) => ({ ...common, self }));
    this.entries = this.#envs.map(initialEntry);
  }

  /** Issue a call, deliver nothing; answers its number. */
  issue(node: number, event: Unnumbered): number {
    const call = ++this.#calls;
    this.step(node, { ...event, call } as ObjectEvent);
    return call;
  }

  step(node: number, event: ObjectEvent, depth = 0): void {
    this.#buffer.clear();
    objectKernel.step(this.entries[node]!, event, this.#envs[node]!, this.#buffer);
    const notices: ObjectNotice[] = [];
    for (let index = 0; index < this.#buffer.length; index++) {
      const { kind, target, message, result, upward } = this.#buffer.at(index);
      if (kind === 'reply' && result !== undefined) this.results.set(target, result);
      else if (kind === 'deliver' && upward !== undefined) notices.push(upward);
      else if (kind === 'send' && message !== undefined) this.#send(node, target, message, depth);
    }
    for (const notice of notices) this.#serve(node, notice, depth);
  }

  #serve(node: number, notice: ObjectNotice, depth: number): void {
    switch (notice.type) {
      case 'fill':
        this.loads.push(notice.id);
        break;
      case 'load':
        this.step(node, { type: 'loaded', node: notice.node, id: notice.id, ...this.remoteLoad }, depth);
        break;
      case 'run':
        this.runs.push(notice);
        this.step(node, { type: 'ran', ...this.operate(notice.payload, notice.operation) }, depth);
        break;
      case 'erase':
        this.written.length = 0;
        break;
      case 'store':
        this.#store(node, notice, depth);
        break;
    }
  }

  #store(node: number, notice: Extract<ObjectNotice, { type: 'store' }>, depth: number): void {
    const ok = this.device === 'works';
    if (ok) this.written.push(notice.payload);
    this.step(node, { type: 'stored', node: notice.node, call: notice.call, ok }, depth);
  }

  #send(from: number, to: number, message: ObjectMessage, depth: number): void {
    this.messages++;
    if ('payload' in message && message.payload !== noPayload) this.payloads++;
    if ('forwards' in message && message.forwards > 0) this.forwards++;
    this.#depths.set(message, depth + 1);
    this.hops = Math.max(this.hops, depth + 1);
    this.#queue.push({ from, to, message });
  }

  /** Messages under way, oldest first. */
  get inFlight(): readonly Envelope[] {
    return this.#queue;
  }

  /** Deliver the oldest message of a link, or of all. */
  deliver(from?: number, to?: number): void {
    const index = this.#queue.findIndex(
      (each) => (from === undefined || each.from === from) && (to === undefined || each.to === to),
    );
    const envelope = this.#queue[index];
    if (envelope === undefined) throw new RangeError('nothing is under way there');
    this.#queue = this.#queue.toSpliced(index, 1);
    const { message } = envelope;
    const { from: sender, to: receiver } = envelope;
    const event = { type: 'message', from: sender, message, full: this.full.has(receiver) } as const;
    this.step(receiver, event, this.#depths.get(message));
  }

  settle(): void {
    while (this.#queue.length > 0) this.deliver();
  }

  /** Issue a call, deliver everything; answers what it came to. */
  run(node: number, event: Unnumbered): CallResult | undefined {
    const call = this.issue(node, event);
    this.settle();
    return this.results.get(call);
  }

  get(node: number, absence: AbsenceMode = 'touch'): number {
    return this.#settled(this.issue(node, { type: 'get', absence }));
  }

  grab(node: number, absence: AbsenceMode = 'touch'): number {
    return this.#settled(this.issue(node, { type: 'grab', absence, try: false }));
  }

  #settled(call: number): number {
    this.settle();
    return call;
  }

  put(node: number, call: number, payload = noPayload): void {
    this.step(node, { type: 'put', call, payload });
    this.settle();
  }

  /** Get and put at once; answers the payload read. */
  read(node: number): number | undefined {
    const call = this.get(node);
    const result = this.results.get(call);
    if (result?.outcome === 'held') this.put(node, call);
    return result?.outcome === 'held' ? result.payload : undefined;
  }

  write(node: number, payload: number): void {
    this.put(node, this.grab(node), payload);
  }

  evict(node: number): CallResult | undefined {
    return this.run(node, { type: 'flush', to: anyNode });
  }

  remove(node: number): CallResult | undefined {
    return this.run(node, { type: 'remove' });
  }

  /** Messages, payloads and hops that `act` takes. */
  cost(act: () => void): { messages: number; payloads: number; hops: number } {
    this.settle();
    const { messages, payloads } = this;
    this.hops = 0;
    act();
    this.settle();
    return { messages: this.messages - messages, payloads: this.payloads - payloads, hops: this.hops };
  }
}
