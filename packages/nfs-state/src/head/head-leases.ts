import { EffectBuffer } from '@holdfast/kernel';
import { isDue, leaseKernel, mustWait } from '../kernel/lease-kernel.ts';
import {
  type LeaseEnv,
  type LeaseEvent,
  type LeaseMessage,
  type LeaseState,
  type LeaseWish,
  leaseRules,
} from '../kernel/lease-types.ts';
import type { ClientId, IsLapsed } from '../kernel/state-types.ts';
import { leasePauseShare, ticksPerLease } from '../limits.ts';
import type { HeadClock } from './head-clock.ts';

export interface LeaseHost {
  readonly clock: HeadClock;
  readonly leaseMs: number;
  send(to: number, message: LeaseMessage): void;
  wish(wish: LeaseWish): void;
}

/** Runs the lease kernel of a head: its clock and its words to other heads. */
export class HeadLeases {
  readonly #host: LeaseHost;
  readonly #env: LeaseEnv;
  readonly #state: LeaseState;
  readonly #out = new EffectBuffer<LeaseMessage, never, LeaseWish>();
  readonly #events: LeaseEvent[] = [];
  #isStepping = false;
  #cancelTick: () => void = () => undefined;

  constructor(host: LeaseHost) {
    this.#host = host;
    const tickMs = host.leaseMs / ticksPerLease;
    this.#env = { leaseTicks: ticksPerLease + 1, tickMs, clients: [], heads: [], rules: leaseRules };
    this.#state = leaseKernel.initial(this.#env);
  }

  readonly isLapsed: IsLapsed = (client) => this.#state.left.get(client) === 0;

  mustWait(client: ClientId): boolean {
    return mustWait(this.#state, this.#env, client);
  }

  /** Whether the other heads should hear of a renewal: told once a tick, that is often enough. */
  isDue(client: ClientId): boolean {
    return isDue(this.#state, this.#env, client);
  }

  /** How long each client's lease has still to run here, at least; 0: it ran out. */
  left(): { readonly client: ClientId; readonly leftMs: number }[] {
    const { tickMs } = this.#env;
    return [...this.#state.left].map(([client, ticks]) => ({ client, leftMs: Math.max(0, ticks - 1) * tickMs }));
  }

  /** Clients whose leases are counted. */
  get clients(): Iterable<ClientId> {
    return this.#state.left.keys();
  }

  step(event: LeaseEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#run(next);
    this.#isStepping = false;
  }

  close(): void {
    this.#cancelTick();
  }

  #run(event: LeaseEvent): void {
    this.#out.clear();
    leaseKernel.step(this.#state, event, this.#env, this.#out);
    const effects = Array.from({ length: this.#out.length }, (_, at) => ({ ...this.#out.at(at) }));
    for (const { kind, target, message, upward, a } of effects) {
      if (kind === 'send') this.#host.send(target, message!);
      else if (kind === 'deliver') this.#host.wish(upward!);
      else if (kind === 'setTimer') this.#tickAfter(a);
    }
  }

  /** A tick that comes much too late is no tick: this head did nothing for a while, and heard of nobody. */
  #tickAfter(ms: number): void {
    const { clock, leaseMs } = this.#host;
    this.#cancelTick();
    const dueMs = clock.nowMs() + ms;
    this.#cancelTick = clock.after(ms, () => {
      const isLate = clock.nowMs() - dueMs > leaseMs * leasePauseShare;
      this.step({ type: isLate ? 'paused' : 'tick' });
    });
  }
}
