import { EffectBuffer, type Kernel, type KernelEvent, type RecordedEffect } from '@holdfast/kernel';

/** Where the effects of a kernel go. None of these may hand the kernel an event before it returned. */
export interface Effects<Message, Result, Upward> {
  send(to: number, message: Message): void;
  reply(call: number, result: Result): void;
  deliver(upward: Upward): void;
  trace?(step: string, id: number): void;
  /** All effects of an event are carried out. */
  settled(): void;
}

/** Runs a kernel: one event at a time, in the order they come, each with all its effects before the next. */
export class KernelRunner<State, Event extends KernelEvent, Env, Message, Result, Upward> {
  readonly state: State;
  readonly #kernel: Kernel<State, Event, Env, Message, Result, Upward>;
  readonly #env: Env;
  readonly #effects: Effects<Message, Result, Upward>;
  readonly #buffer = new EffectBuffer<Message, Result, Upward>();
  readonly #events: Event[] = [];
  #running = false;

  constructor(
    kernel: Kernel<State, Event, Env, Message, Result, Upward>,
    env: Env,
    effects: Effects<Message, Result, Upward>,
  ) {
    this.#kernel = kernel;
    this.#env = env;
    this.#effects = effects;
    this.state = kernel.initial(env);
  }

  /** Whether an event is under way, or waits. */
  get isBusy(): boolean {
    return this.#running;
  }

  /** Events that an effect brings about wait for the end of the one under way. */
  dispatch(event: Event): void {
    this.#events.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#kernel.step(this.state, next, this.#env, this.#buffer);
        // Nothing steps the kernel before the effects are carried out: its slots are not used again meanwhile.
        for (let index = 0; index < this.#buffer.length; index++) this.#carryOut(this.#buffer.at(index));
        this.#buffer.clear();
        this.#effects.settled();
      }
    } finally {
      this.#running = false;
    }
  }

  #carryOut(effect: RecordedEffect<Message, Result, Upward>): void {
    switch (effect.kind) {
      case 'send':
        this.#effects.send(effect.target, effect.message as Message);
        break;
      case 'reply':
        this.#effects.reply(effect.target, effect.result as Result);
        break;
      case 'deliver':
        this.#effects.deliver(effect.upward as Upward);
        break;
      case 'trace':
        this.#effects.trace?.(effect.step, effect.a);
        break;
      default:
        throw new Error(`The kernels of the journaled write have no effect ${effect.kind}.`);
    }
  }
}
