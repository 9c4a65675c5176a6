import type { MessagePort } from 'node:worker_threads';
import { withTimeout } from '../control/deadline.ts';
import { controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import { ConfigError, TimeoutError } from '../errors.ts';
import { attachedMax } from '../limits.ts';
import { firstAttachedSlot, type MemberSlot, memberName } from '../member.ts';
import type { Extent } from '../memory/arena.ts';
import type { Deaths } from './deaths.ts';
import { type MemberRecord, makeRecord } from './member-record.ts';
import type { NodesHooks } from './nodes.ts';
import type { SupervisorParts } from './parts.ts';
import type { Wiring } from './wiring.ts';

interface AttachmentHooks extends NodesHooks {
  /** The place's pages, ready for use. */
  readonly range: (slot: MemberSlot) => Extent;
}

/** Workers of the app that became members. Their threads belong to the app; their end shows in the end of their port. */
export class Attachments {
  readonly #parts: SupervisorParts;
  readonly #deaths: Deaths;
  readonly #ports = new Map<MemberRecord, MessagePort>();
  readonly #wiring: Wiring;
  readonly #hooks: AttachmentHooks;

  constructor(parts: SupervisorParts, deaths: Deaths, wiring: Wiring, hooks: AttachmentHooks) {
    this.#parts = parts;
    this.#deaths = deaths;
    this.#wiring = wiring;
    this.#hooks = hooks;
  }

  /**
   * Make the worker behind `port` a member, in the first place that is free.
   * @throws ConfigError (HF_CONFIG) when all places are taken, TimeoutError when the worker does not join
   */
  async attach(port: MessagePort): Promise<string> {
    const { config, ledger, roster, shared } = this.#parts;
    const slot = this.#freeSlot();
    const control = controlPort<ToMember, FromMember>(port);
    const range = this.#hooks.range(slot);
    const name = memberName(slot);
    const incarnation = (await ledger.nextIncarnations([slot])).get(slot) ?? 0;
    const record = makeRecord({ slot, name, incarnation, control, thread: undefined, range });
    this.#ports.set(record, port);
    roster.enrol(record);
    this.#hooks.enrolled(record);
    // A thread that ends takes its ports with it, and only then can its code no longer run.
    port.on('close', () => {
      this.#ports.delete(record);
      void this.#deaths.bury(record, { cause: 'exited', exitCode: 0, error: undefined });
    });
    const place = { slot, incarnation, range, loop: 'event', storage: undefined } as const;
    const agreed = { view: roster.view, directory: this.#hooks.directory() };
    control.post({ type: 'welcome', boot: { ...place, shared, ...agreed, wires: [] } });
    try {
      const hint = 'Call joinCluster() in the worker.';
      await withTimeout(record.booted.promise, config.bootMs, `Attaching ${name}`, () => ({ node: name, hint }));
    } catch (error) {
      if (error instanceof TimeoutError) port.close();
      throw error;
    }
    record.phase = 'up';
    await roster.commit([{ slot, incarnation, state: 'up' }]);
    this.#wiring.joined(record);
    this.#parts.outbox.publish('node-up', { node: name, incarnation });
    return name;
  }

  /** The cluster closes: the members go, their threads stay. */
  async detachAll(): Promise<void> {
    const records = [...this.#ports.keys()];
    for (const [record, port] of this.#ports) {
      record.ending = 'closed';
      port.close();
    }
    await Promise.all(records.map((record) => record.agreed.promise));
  }

  #freeSlot(): MemberSlot {
    for (let slot = firstAttachedSlot; slot < firstAttachedSlot + attachedMax; slot += 1) {
      const record = this.#parts.roster.get(slot);
      if (record === undefined || record.released) return slot;
    }
    throw new ConfigError(`A cluster takes ${attachedMax} attached workers.`, {
      hint: 'End one first; its place is free once every member has let go of it.',
    });
  }
}
