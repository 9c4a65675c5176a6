import { HoldfastError, type HoldfastErrorInit } from '../errors.ts';

/** Thrown when a service or channel is declared in a way that cannot work: `HF_DEFINITION`. */
export class DefinitionError extends HoldfastError {
  override readonly name = 'DefinitionError';
  constructor(problem: string, hint: string) {
    super('HF_DEFINITION', problem, { hint });
  }
}

/** One thing wrong with a value, as zod reports it. */
export interface SchemaIssue {
  readonly code: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Thrown when an input or output does not fit its schema: `HF_SCHEMA`. A wrong input never reached the handler. */
export class SchemaError extends HoldfastError {
  override readonly name = 'SchemaError';
  readonly issues: readonly SchemaIssue[];
  constructor(what: string, issues: readonly SchemaIssue[], init?: Partial<HoldfastErrorInit>) {
    const first = issues[0];
    const where = first === undefined || first.path.length === 0 ? '' : ` at ${first.path.join('.')}`;
    super('HF_SCHEMA', `${what} does not fit its schema${where}: ${first?.message ?? 'no issue was given'}.`, {
      hint: 'See issues.',
      ...init,
    });
    this.issues = issues;
  }
}

/** Thrown when the caller's definition of a service is not the deployed one: `HF_DEFINITION_MISMATCH`. */
export class DefinitionMismatchError extends HoldfastError {
  override readonly name = 'DefinitionMismatchError';
  constructor(service: string, node: string) {
    super('HF_DEFINITION_MISMATCH', `${service} on ${node} was deployed with another definition than the caller has.`, {
      hint: 'Deploy the service again with the definition its callers import.',
      node,
    });
  }
}

/** Thrown when no node runs a service of that name, or the instance called is gone: `HF_UNKNOWN_SERVICE`. */
export class UnknownServiceError extends HoldfastError {
  override readonly name = 'UnknownServiceError';
  constructor(service: string, init?: Partial<HoldfastErrorInit>) {
    const where = init?.node === undefined ? 'any node' : init.node;
    super('HF_UNKNOWN_SERVICE', `Service ${service} is not deployed on ${where}.`, {
      hint: 'It was not run: deploy it, or call again once it is back.',
      retryable: true,
      ...init,
    });
  }
}

/** Thrown when a service has no member of that name or number: `HF_UNKNOWN_MEMBER`. */
export class UnknownMemberError extends HoldfastError {
  override readonly name = 'UnknownMemberError';
  constructor(service: string, member: string | number, init?: Partial<HoldfastErrorInit>) {
    super('HF_UNKNOWN_MEMBER', `Service ${service} has no member ${member}.`, {
      hint: 'Use the definition the service was deployed with.',
      ...init,
    });
  }
}

/** Thrown when a bounded queue on the way of a call is full: `HF_MAILBOX_FULL`. The call was not run. */
export class MailboxFullError extends HoldfastError {
  override readonly name = 'MailboxFullError';
  constructor(queue: string, max: number, init?: Partial<HoldfastErrorInit>) {
    super('HF_MAILBOX_FULL', `${queue} is full (${max}).`, {
      hint: 'The call was not run: wait for answers before you call again.',
      retryable: true,
      ...init,
    });
  }
}

/** Thrown when a serial member would wait for itself through the calls it made: `HF_CALL_CYCLE`. */
export class CallCycleError extends HoldfastError {
  override readonly name = 'CallCycleError';
  constructor(member: string, problem: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_CALL_CYCLE', `Call to serial member ${member} ${problem}.`, {
      hint: 'Make one of the members on the way not serial, or do not call back from inside it.',
      ...init,
    });
  }
}

/** Thrown when a stream's producer outran its consumer's credit and buffer: `HF_STREAM_OVERFLOW`. */
export class StreamOverflowError extends HoldfastError {
  override readonly name = 'StreamOverflowError';
  constructor(member: string, bufferValues: number) {
    super('HF_STREAM_OVERFLOW', `Stream ${member} had ${bufferValues} values waiting for its consumer.`, {
      hint: 'Consume faster, give more credit, return an async iterable, or choose an overflow policy that drops.',
    });
  }
}

/** Stands for something a handler threw that could not travel: `HF_REMOTE`. */
export class RemoteError extends HoldfastError {
  override readonly name = 'RemoteError';
  constructor(problem: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_REMOTE', problem, { hint: 'Throw an Error, with properties that can be cloned.', ...init });
  }
}
