import { HoldfastError } from '../errors.ts';

const defaultHint = 'Check that both sides use the same definition, and what the value holds.';

/** Thrown when a value cannot be put into a message, or a message is not what its schema says: `HF_CODEC`. */
export class CodecError extends HoldfastError {
  override readonly name = 'CodecError';
  constructor(problem: string, hint: string = defaultHint, cause?: unknown) {
    super('HF_CODEC', problem, { hint, cause });
  }
}
