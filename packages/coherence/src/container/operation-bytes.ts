import type { Handle } from '@holdfast/kernel';
import type { CallId, NodeId, ObjectMessage } from '../kernel/object-types.ts';

/** The kernel has handles of its own below. */
const firstHandle = 1;

/**
 * The bytes of operations and of their results while the kernel has handles of them. An operation of this member is kept
 * until it is answered, one of another until it was passed on or answered, a result until the end of its step.
 */
export class OperationBytes {
  readonly #bytes = new Map<Handle, Uint8Array>();
  /** Operations that came from other members, by who asked. */
  readonly #arrived = new Map<string, Handle>();
  readonly #asked = new Map<CallId, Handle>();
  #next = firstHandle;

  get(handle: Handle): Uint8Array | undefined {
    return this.#bytes.get(handle);
  }

  /** A handle that stands for nothing yet, and never stood for anything. */
  fresh(): Handle {
    return this.#next++;
  }

  keep(bytes: Uint8Array): Handle {
    const handle = this.fresh();
    this.#bytes.set(handle, bytes);
    return handle;
  }

  /** The operation of a call of this member. */
  asked(call: CallId, bytes: Uint8Array): Handle {
    const handle = this.keep(bytes);
    this.#asked.set(call, handle);
    return handle;
  }

  /** The kernel is done with a call, whatever it was. */
  answered(call: CallId): void {
    const handle = this.#asked.get(call);
    if (handle === undefined) return;
    this.#asked.delete(call);
    this.drop(handle);
  }

  drop(handle: Handle): void {
    this.#bytes.delete(handle);
  }

  /** One that is asked for again after a change of view comes with its bytes. */
  arrived({ requester, call, operation }: Extract<ObjectMessage, { type: 'EXEC_REQ' }>): void {
    this.left(requester, call);
    this.#arrived.set(nameOf(requester, call), operation);
  }

  /** It is somebody else's now, or over. */
  left(requester: NodeId, call: CallId): void {
    const name = nameOf(requester, call);
    const handle = this.#arrived.get(name);
    if (handle === undefined) return;
    this.#arrived.delete(name);
    this.drop(handle);
  }
}

const nameOf = (requester: NodeId, call: CallId): string => `${requester}:${call}`;
