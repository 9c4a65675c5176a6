/** An event reached a kernel in a state where its table says it cannot. A bug in the kernel or its host. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly kernel: string;
  readonly row: string;
  readonly column: string;

  constructor(kernel: string, row: string, column: string, why: string) {
    super(`${kernel}: event ${column} in state ${row}: ${why}`);
    this.kernel = kernel;
    this.row = row;
    this.column = column;
  }
}

/** Bytes handed to {@link Decoder} were not written by the matching encoder. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

/** One step wrote more effects than a sink holds: a loop in a kernel without a bound. */
export class EffectOverflowError extends Error {
  override readonly name = 'EffectOverflowError';

  constructor(effectsMax: number) {
    super(`one step wrote more than ${effectsMax} effects`);
  }
}
