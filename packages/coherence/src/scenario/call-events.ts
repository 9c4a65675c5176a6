import { anyNode, type CallId, type ObjectEvent } from '../kernel/object-types.ts';
import type { CallStep } from './scenario.ts';

/** What happens to an object but messages. */
export type LocalEvent = Exclude<ObjectEvent, { type: 'message' }>;

/** The event with which a call begins; put and set are no calls of their own to the kernel. */
export function beginning(
  { operation, to }: CallStep,
  call: CallId,
  { operand, seen }: { readonly operand: number; readonly seen: number },
): LocalEvent {
  switch (operation.type) {
    case 'get':
      return { type: 'get', call, absence: operation.absence };
    case 'grab':
      return { type: 'grab', call, absence: operation.absence, try: operation.try };
    case 'prefetch':
      return { type: 'prefetch', call, kind: operation.kind, absence: operation.absence };
    case 'execute':
      return { type: 'execute', call, absence: operation.absence, operation: operand, again: false };
    case 'watch':
      return { type: 'watch', call, seen };
    case 'flush':
      return { type: 'flush', call, to: to ?? anyNode };
    case 'set':
      // Without a lease of its own: it takes one, whether the object exists or not.
      return { type: 'grab', call, absence: 'manual', try: false };
    case 'put':
      throw new TypeError('a put begins nothing');
    default:
      return { type: operation.type, call };
  }
}
