import { HoldfastError, type HoldfastErrorInit } from '@holdfast/runtime/service';

/** Thrown by `defineContainer` for settings that cannot be used: `HF_CONTAINER`. */
export class ContainerDefinitionError extends HoldfastError {
  override readonly name = 'ContainerDefinitionError';
  constructor(problem: string, hint: string) {
    super('HF_CONTAINER', problem, { hint });
  }
}

/** Thrown when two members have different definitions under one name: `HF_CONTAINER_MISMATCH`. Nothing was opened. */
export class ContainerMismatchError extends HoldfastError {
  override readonly name = 'ContainerMismatchError';
  constructor(container: string, node: string) {
    super('HF_CONTAINER_MISMATCH', `Container ${container} is open on ${node} with another definition.`, {
      hint: 'Import the same definition everywhere, or use another name.',
      node,
    });
  }
}

/** Thrown when nobody here knows a container of that name: `HF_UNKNOWN_CONTAINER`. */
export class UnknownContainerError extends HoldfastError {
  override readonly name = 'UnknownContainerError';
  constructor(container: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_UNKNOWN_CONTAINER', `There is no container ${container} here.`, {
      hint: 'Open it with its definition first.',
      ...init,
    });
  }
}

/** Thrown when a node does not run the container manager: `HF_COHERENCE_DOWN`. */
export class CoherenceDownError extends HoldfastError {
  override readonly name = 'CoherenceDownError';
  constructor(nodes: readonly string[], waitedMs: number) {
    super('HF_COHERENCE_DOWN', `${nodes.join(', ')} did not join the containers within ${waitedMs} ms.`, {
      hint: 'Open the container on the cluster itself once, which brings the manager to every node.',
      retryable: true,
    });
  }
}

/** Thrown when a key is no key of its container: `HF_KEY`. */
export class KeyError extends HoldfastError {
  override readonly name = 'KeyError';
  constructor(problem: string, hint: string) {
    super('HF_KEY', problem, { hint });
  }
}

/** Thrown when a value takes more bytes than its container allows: `HF_VALUE_TOO_LARGE`. The old value stands. */
export class ValueTooLargeError extends HoldfastError {
  override readonly name = 'ValueTooLargeError';
  constructor(container: string, bytes: number, bytesMax: number) {
    super('HF_VALUE_TOO_LARGE', `A value of ${container} takes ${bytes} bytes; it may have ${bytesMax}.`, {
      hint: 'Split it over several keys, or raise valueBytesMax of the container.',
    });
  }
}

/** Thrown by a lease that has ended: `HF_LEASE_ENDED`. */
export class LeaseEndedError extends HoldfastError {
  override readonly name = 'LeaseEndedError';
  constructor(key: string) {
    super('HF_LEASE_ENDED', `The lease on ${key} has ended.`, {
      hint: 'Use a lease only until it is disposed of or committed.',
    });
  }
}

/** Thrown when a holder asks for what its own lease forbids, which it would wait for in vain: `HF_LEASE_HELD`. */
export class LeaseHeldError extends HoldfastError {
  override readonly name = 'LeaseHeldError';
  constructor(call: string, key: string, held: 'read' | 'write') {
    super('HF_LEASE_HELD', `${call} of ${key} would wait for the ${held} lease of its own holder.`, {
      hint: 'End that lease first, use grab from the start, or give the call a holder of its own.',
    });
  }
}

/** Thrown by a blocking call where nothing could arrive while it waits: `HF_CANNOT_BLOCK`. */
export class CannotBlockError extends HoldfastError {
  override readonly name = 'CannotBlockError';
  constructor(call: string) {
    super('HF_CANNOT_BLOCK', `${call} would block the delivery of messages it waits for.`, {
      hint: 'Await something before it, or use the form that returns a promise.',
    });
  }
}

/** Thrown when a list of keys names one twice: `HF_DUPLICATE_KEY`. Nothing was grabbed. */
export class DuplicateKeyError extends HoldfastError {
  override readonly name = 'DuplicateKeyError';
  constructor(key: string) {
    super('HF_DUPLICATE_KEY', `The key ${key} is named twice.`, { hint: 'Name every key once.' });
  }
}

/**
 * Thrown when a value would take a member over its budget and nothing can be given up: `HF_SET_FULL`. Nothing was
 * changed, and nothing was dropped.
 */
export class SetFullError extends HoldfastError {
  override readonly name = 'SetFullError';
  constructor(container: string, node: string) {
    super('HF_SET_FULL', `Container ${container} has used its budget on ${node}, all of it with only copies.`, {
      hint: 'Remove objects, raise the budget, or write on another node.',
      node,
      retryable: true,
    });
  }
}

/**
 * Thrown when the only copies of a value died with a node: `HF_LOST`. It is so until the object is set or removed, and
 * never answered with an older value.
 */
export class LostError extends HoldfastError {
  override readonly name = 'LostError';
  constructor(container: string, key: string) {
    super('HF_LOST', `The value of ${key} of ${container} died with a node.`, {
      hint: 'Set the object anew, or remove it; a container with backup: 1 survives the death of one node.',
    });
  }
}

/** Thrown when the `load` of an object threw, answered with no value, or took too long: `HF_LOAD`. */
export class LoadError extends HoldfastError {
  override readonly name = 'LoadError';
  constructor(container: string, key: string, cause: unknown) {
    super('HF_LOAD', `Loading ${key} of ${container} failed.`, {
      hint: 'See the cause; the next call loads again.',
      retryable: true,
      cause,
    });
  }
}

/** Thrown when the `store` of an object threw or took too long: `HF_STORE`. The object itself is as it was. */
export class StoreError extends HoldfastError {
  override readonly name = 'StoreError';
  constructor(container: string, key: string, cause?: unknown) {
    super('HF_STORE', `Storing ${key} of ${container} failed.`, {
      hint: 'See the cause, or the log of the default owner; sync again.',
      retryable: true,
      cause,
    });
  }
}

/** Thrown when a trace is asked of a container that records none: `HF_NOT_TRACED`. */
export class NotTracedError extends HoldfastError {
  override readonly name = 'NotTracedError';
  constructor(container: string) {
    super('HF_NOT_TRACED', `Container ${container} records no events.`, { hint: 'Define it with trace: true.' });
  }
}

/** Thrown when a container has no operation of that name: `HF_UNKNOWN_OPERATION`. */
export class UnknownOperationError extends HoldfastError {
  override readonly name = 'UnknownOperationError';
  constructor(container: string, operation: string) {
    super('HF_UNKNOWN_OPERATION', `Container ${container} has no operation ${operation}.`, {
      hint: 'Add it to the operations of the definition.',
    });
  }
}

/** Thrown when an operation is asynchronous: `HF_ASYNC_OPERATION`. The old value stands. */
export class AsyncOperationError extends HoldfastError {
  override readonly name = 'AsyncOperationError';
  constructor(container: string, operation: string) {
    super('HF_ASYNC_OPERATION', `The operation ${operation} of ${container} answered a promise.`, {
      hint: 'Operations run where the object is and hold it: make them synchronous, or use grab.',
    });
  }
}

/** Thrown by `execute` where there is no object: `HF_ABSENT`. The operation was not run. */
export class AbsentError extends HoldfastError {
  override readonly name = 'AbsentError';
  constructor(container: string, key: string) {
    super('HF_ABSENT', `There is no object ${key} in ${container}.`, {
      hint: 'Set it first, or give the container an initial value.',
    });
  }
}

/** Thrown when an operation was run, once, and what it answered died with a node: `HF_OUTCOME_UNKNOWN`. */
export class OutcomeUnknownError extends HoldfastError {
  override readonly name = 'OutcomeUnknownError';
  constructor(container: string, key: string, operation: string) {
    super('HF_OUTCOME_UNKNOWN', `Whether ${operation} ran on ${key} of ${container}, or what it answered, is lost.`, {
      hint: 'Read the object to see; the operation did not run twice.',
    });
  }
}
