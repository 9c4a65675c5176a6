import { HoldfastError } from '../errors.ts';

const defaultHint = 'Check that both sides use the same definition, and what the value holds.';

/** Thrown when a value cannot be put into a message, or a message is not what its schema says: `HF_CODEC`. */
export class CodecError extends HoldfastError {
  override readonly name = 'CodecError';
  constructor(problem: string, hint: string = defaultHint, cause?: unknown) {
    super('HF_CODEC', problem, { hint, cause });
  }
}

/** Thrown when an input or output is larger than a message may be: `HF_MESSAGE_TOO_LARGE`. */
export class MessageTooLargeError extends HoldfastError {
  override readonly name = 'MessageTooLargeError';
  constructor(bytes: number, bytesMax: number) {
    super('HF_MESSAGE_TOO_LARGE', `A message takes ${bytes} bytes or more; it may have ${bytesMax}.`, {
      hint: 'Send it in parts or as a stream, or hand over pages.',
    });
  }
}
