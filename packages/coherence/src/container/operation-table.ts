import type { Handle } from '@holdfast/kernel';
import type { CallId, NodeId, ObjectMessage } from '../kernel/object-types.ts';
import { Numbered } from './numbered.ts';
import type { Operation, Outcome } from './operation-form.ts';

/** The kernel has handles of its own below. */
const firstHandle = 1;

/** Calls of one member count up to this: then the number of a member and one of its calls are one number together. */
const callsMax = 2 ** 44;

/**
 * Operations and their outcomes while the kernel has handles of them, and the bytes of what arrived early. An operation of
 * this member is kept until it is answered, one of another until it was passed on or answered, an outcome until the end of
 * its step.
 */
export class OperationTable {
  readonly #kept = new Numbered<Operation | Outcome | Uint8Array>();
  /** Operations that came from other members, by who asked. */
  readonly #arrived = new Numbered<Handle>();
  readonly #asked = new Numbered<Handle>();
  #next = firstHandle;

  get(handle: Handle): Operation | Outcome | Uint8Array | undefined {
    return this.#kept.get(handle);
  }

  /** A handle that stands for nothing yet, and never stood for anything. */
  fresh(): Handle {
    return this.#next++;
  }

  keep(what: Operation | Outcome | Uint8Array): Handle {
    const handle = this.fresh();
    this.#kept.set(handle, what);
    return handle;
  }

  /** The operation of a call of this member. */
  asked(call: CallId, operation: Operation): Handle {
    const handle = this.keep(operation);
    this.#asked.set(call, handle);
    return handle;
  }

  /** The kernel is done with a call, whatever it was. */
  answered(call: CallId): void {
    const handle = this.#asked.take(call);
    if (handle !== undefined) this.drop(handle);
  }

  drop(handle: Handle): void {
    this.#kept.take(handle);
  }

  /** One that is asked for again after a change of view comes with its bytes. */
  arrived({ requester, call, operation }: Extract<ObjectMessage, { type: 'EXEC_REQ' }>): void {
    this.left(requester, call);
    this.#arrived.set(nameOf(requester, call), operation);
  }

  /** It is somebody else's now, or over. */
  left(requester: NodeId, call: CallId): void {
    const handle = this.#arrived.take(nameOf(requester, call));
    if (handle !== undefined) this.drop(handle);
  }
}

const nameOf = (requester: NodeId, call: CallId): number => (requester + 1) * callsMax + call;
