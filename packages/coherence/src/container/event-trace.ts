import type { MemberSlot } from '@holdfast/runtime/service';
import { z } from 'zod';
import type { ObjectEvent } from '../kernel/object-types.ts';
import type { ViewEvent } from '../kernel/view-types.ts';
import { traceEventsMax, traceKeysMax } from '../limits.ts';
import type { MapKey } from './key-form.ts';

type LocalEvent = Exclude<ObjectEvent, { type: 'message' }>;

/** What happened to one object on one member, and to whom it sent messages for it, in order. */
export const tracedEventSchema = z.object({
  /** A message from this member arrived; without it something local happened. */
  from: z.int().optional(),
  /** The name of a local event, with what of it does not stand for bytes. */
  local: z
    .object({
      type: z.string(),
      call: z.int().optional(),
      absence: z.string().optional(),
      kind: z.string().optional(),
      try: z.boolean().optional(),
      to: z.int().optional(),
      absent: z.boolean().optional(),
      /** It brought a value. */
      writes: z.boolean(),
    })
    .optional(),
  sends: z.array(z.int()),
});

export type TracedEvent = z.output<typeof tracedEventSchema>;

/** Events that a scenario cannot say: a trace ends before them. */
const unsaid: ReadonlySet<string> = new Set(['watch', 'stored', 'set']);

/**
 * The events of each object on one member from its first on, as far as a scenario can say them: to the first change of
 * view, and at most `traceEventsMax`. The kernel is a function of them, so that they show everything it did.
 */
export class EventTrace {
  readonly #events = new Map<MapKey, TracedEvent[]>();
  readonly #ended = new Set<MapKey>();
  #hasChangedView = false;

  /** Before the kernel is told. */
  begins(event: ViewEvent): void {
    // A view before the first event is one that members come to the set in.
    if (event.type === 'view' && this.#events.size > 0) this.#hasChangedView = true;
    if (this.#hasChangedView) return;
    if (event.type === 'object') this.#happens(event.key, event.event);
    else if (event.type === 'message' && event.message.type === 'OBJECT') {
      this.#add(event.message.key, { from: event.from, sends: [] });
    }
  }

  sent(key: MapKey, to: MemberSlot): void {
    if (!this.#hasChangedView && !this.#ended.has(key)) this.#events.get(key)?.at(-1)?.sends.push(to);
  }

  of(key: MapKey): readonly TracedEvent[] {
    return this.#events.get(key) ?? [];
  }

  #happens(key: MapKey, event: ObjectEvent): void {
    if (event.type === 'message') return;
    // An operation runs in the step that asks for it: what it comes to is part of that.
    if (event.type === 'ran') return;
    if (unsaid.has(event.type)) this.#ended.add(key);
    else this.#add(key, { local: said(event), sends: [] });
  }

  #add(key: MapKey, event: TracedEvent): void {
    if (this.#ended.has(key)) return;
    const known = this.#events.get(key);
    if (known === undefined && this.#events.size === traceKeysMax) this.#ended.add(key);
    else if (known === undefined) this.#events.set(key, [event]);
    else if (known.length === traceEventsMax) this.#ended.add(key);
    else known.push(event);
  }
}

function said(event: LocalEvent): NonNullable<TracedEvent['local']> {
  const { type } = event;
  return {
    type,
    writes: 'payload' in event && event.payload >= 0,
    ...('call' in event ? { call: event.call } : {}),
    ...('absence' in event ? { absence: event.absence } : {}),
    ...('kind' in event ? { kind: event.kind } : {}),
    ...('try' in event ? { try: event.try } : {}),
    ...('to' in event ? { to: event.to } : {}),
    ...('absent' in event ? { absent: event.absent } : {}),
  };
}
