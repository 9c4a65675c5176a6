import type { MemberContext } from '@holdfast/runtime/service';
import { z } from 'zod';
import { rightMarginMs, rightMs, standAsideMs, touchMs } from '../limits.ts';

const count = z.int().min(0);

/** Who appends, as the coordination store has it. */
const AppointmentForm = z.object({
  epoch: count,
  head: count,
  life: count,
  /** Changes while its holder is in touch with the store. */
  touches: count,
  /** Its holder gave it up. */
  isFree: z.boolean(),
});
export type Appointment = z.output<typeof AppointmentForm>;

export interface ElectionHost {
  readonly slot: number;
  readonly life: number;
  lifeOf(head: number): number | undefined;
  /** Who appends has changed; where it is this head, it asked for it at `sentAtMs`. */
  onAppointed(appointment: Appointment, sentAtMs: number): void;
  /** This head is in touch with the store as the appender; it was when it sent what was answered now. */
  onTouch(sentAtMs: number): void;
}

/**
 * Which head appends: a key of the coordination store, taken with a rising epoch by whoever finds its holder dead, silent
 * for longer than its right to append lasts, or gone of itself.
 */
export class Election {
  readonly #coord: MemberContext['coord'];
  readonly #key: string;
  readonly #host: ElectionHost;
  readonly #end = new AbortController();
  #known: { appointment: Appointment; revision: number; seenAtMs: number } | undefined;
  #asideUntilMs = 0;
  #sentAtMs = 0;
  #isTrying = false;
  #mustLookAgain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(coord: MemberContext['coord'], name: string, host: ElectionHost) {
    this.#coord = coord;
    this.#key = `${name}/appender`;
    this.#host = host;
  }

  start(): void {
    void this.#watch();
    this.#timer = setInterval(() => void this.look(), touchMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#end.abort();
  }

  /** See whether the place is free, or keep it. */
  async look(): Promise<void> {
    this.#mustLookAgain = true;
    if (this.#isTrying) return;
    this.#isTrying = true;
    try {
      while (this.#mustLookAgain && !this.#end.signal.aborted) {
        this.#mustLookAgain = false;
        await this.#lookOnce();
      }
    } catch (error) {
      if (!this.#end.signal.aborted) this.#lastError = error;
    } finally {
      this.#isTrying = false;
    }
  }

  async #lookOnce(): Promise<void> {
    // Who is known to be dead is not asked about first: the place is taken, or was taken by somebody meanwhile.
    if (this.#known === undefined || this.#isMine() || !this.#isVacant()) await this.#refresh();
    if (this.#isMine()) await this.#touch();
    else if (this.#isVacant()) await this.#take();
  }

  /** Why the store could not be asked the last time. */
  #lastError: unknown;
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Give the place to another head, if there is one. */
  async standAside(): Promise<void> {
    this.#asideUntilMs = performance.now() + standAsideMs;
    const known = this.#known;
    if (known === undefined || !this.#isMine()) return;
    await this.#write({ ...known.appointment, isFree: true }, known.revision);
  }

  #isMine(): boolean {
    const mine = this.#known?.appointment;
    return mine !== undefined && mine.head === this.#host.slot && mine.life === this.#host.life && !mine.isFree;
  }

  #isVacant(): boolean {
    if (performance.now() < this.#asideUntilMs) return false;
    if (this.#known === undefined) return true;
    const { appointment, seenAtMs } = this.#known;
    if (appointment.isFree || this.#host.lifeOf(appointment.head) !== appointment.life) return true;
    return performance.now() - seenAtMs > rightMs + rightMarginMs;
  }

  async #take(): Promise<void> {
    const epoch = (this.#known?.appointment.epoch ?? 0) + 1;
    const { slot: head, life } = this.#host;
    this.#sentAtMs = performance.now();
    await this.#write({ epoch, head, life, touches: 0, isFree: false }, this.#known?.revision ?? 0);
  }

  async #touch(): Promise<void> {
    const { appointment, revision } = this.#known!;
    const sentAtMs = performance.now();
    const next = { ...appointment, touches: appointment.touches + 1 };
    if (await this.#write(next, revision)) this.#host.onTouch(sentAtMs);
  }

  async #write(appointment: Appointment, revision: number): Promise<boolean> {
    const bytes = new TextEncoder().encode(JSON.stringify(appointment));
    const { succeeded, revision: now, found } = await this.#coord.compareAndSet(this.#key, revision, bytes);
    if (succeeded) this.#learn(bytes, now);
    for (const entry of found) this.#learn(entry.value, entry.modRevision);
    return succeeded;
  }

  async #refresh(): Promise<void> {
    const entry = await this.#coord.get(this.#key);
    if (entry !== undefined) this.#learn(entry.value, entry.modRevision);
  }

  #learn(value: Uint8Array, revision: number): void {
    if (revision <= (this.#known?.revision ?? 0)) return;
    const appointment = AppointmentForm.parse(JSON.parse(new TextDecoder().decode(value)));
    const before = this.#known?.appointment.epoch ?? 0;
    this.#known = { appointment, revision, seenAtMs: performance.now() };
    if (appointment.epoch > before) this.#host.onAppointed(appointment, this.#sentAtMs);
  }

  async #watch(): Promise<void> {
    try {
      await this.look();
      const { signal } = this.#end;
      for await (const { events } of this.#coord.watch({ prefix: this.#key }, { signal })) {
        for (const event of events) if (event.type === 'put') this.#learn(event.entry.value, event.entry.modRevision);
        if (this.#known?.appointment.isFree) void this.look();
      }
    } catch (error) {
      if (!this.#end.signal.aborted) this.#lastError = error;
    }
  }
}
