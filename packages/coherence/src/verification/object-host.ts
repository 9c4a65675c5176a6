import type { Kernel } from '@holdfast/kernel';
import type { ObjectEnv } from '../kernel/object-env.ts';
import { objectKernel } from '../kernel/object-kernel.ts';
import {
  type CallResult,
  noPayload,
  type ObjectEntry,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
} from '../kernel/object-types.ts';

/** Stands for a value nobody has written before. */
export const freshPayload = -2;

/** Stands for the version of the copy here, 0 for none. */
export const versionHere = -1;

/** Stands for the load going on. */
export const currentFill = 0;

/**
 * Values in order of writing are all that matters, so the version of the write names its value: as versions are
 * renumbered, values are too.
 */
export function withValue(entry: ObjectEntry, event: ObjectEvent): ObjectEvent {
  switch (event.type) {
    case 'put':
    case 'set':
      if (event.payload !== freshPayload) return event;
      return { ...event, payload: entry.status === 'INV_OWNER' ? entry.version + 1 : entry.version };
    case 'filled':
      if (event.id !== currentFill) return event;
      return { ...event, id: entry.request, payload: event.payload === noPayload ? entry.version + 1 : event.payload };
    case 'watch':
      return event.seen === versionHere ? { ...event, seen: entry.version } : event;
    case 'ran':
      return event.payload === freshPayload ? { ...event, payload: entry.version } : event;
    case 'message':
      if (event.message.type !== 'LOADED' || event.message.payload !== freshPayload) return event;
      return { ...event, message: { ...event.message, payload: entry.version + 1 } };
    case 'fill-failed':
      return event.id === currentFill ? { ...event, id: entry.request } : event;
    default:
      return event;
  }
}

/** The object kernel under a host that makes up values. */
export const hostedObject: Kernel<ObjectEntry, ObjectEvent, ObjectEnv, ObjectMessage, CallResult, ObjectNotice> = {
  ...objectKernel,
  step: (entry, event, env, out) => objectKernel.step(entry, withValue(entry, event), env, out),
};
