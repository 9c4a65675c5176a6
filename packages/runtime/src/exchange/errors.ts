import { HoldfastError } from '../errors.ts';
import { frameBytesMax } from '../limits.ts';

/** Thrown when a frame would be longer than a link carries: `HF_FRAME_TOO_LARGE`. */
export class FrameTooLargeError extends HoldfastError {
  override readonly name = 'FrameTooLargeError';
  constructor(bytes: number) {
    super('HF_FRAME_TOO_LARGE', `A frame of ${bytes} bytes; the limit is ${frameBytesMax}.`, {
      hint: 'Send large data as pages, or cut it into several frames.',
    });
  }
}

/** Reported when two members speak no version of the session protocol in common: `HF_INCOMPATIBLE`. */
export class IncompatiblePeerError extends HoldfastError {
  override readonly name = 'IncompatiblePeerError';
  constructor(node: string, versionMin: number, versionMax: number) {
    super('HF_INCOMPATIBLE', `${node} speaks versions ${versionMin} to ${versionMax} of the session protocol.`, {
      hint: 'Run the same version of the runtime in every member.',
      node,
    });
  }
}

/** Reported when a consumer of frames or a listener threw; the exchange goes on: `HF_CONSUMER_THREW`. The cause says what. */
export class ConsumerThrewError extends HoldfastError {
  override readonly name = 'ConsumerThrewError';
  constructor(what: string, cause: unknown) {
    super('HF_CONSUMER_THREW', `${what} threw.`, { hint: 'Catch it where it is thrown; see the cause.', cause });
  }
}
