import { packGeneral, packThrown, unpackGeneral, unpackThrown } from '@holdfast/runtime/internals';

/** An operation on its way: its name, and what it is given. */
export interface OperationCall {
  readonly name: string;
  readonly argument: unknown;
}

/** What running it came to: what it answered, or what it threw. */
export type OperationOutcome = { readonly result: unknown } | { readonly thrown: unknown };

/** @throws CodecError (HF_CODEC) when the argument cannot travel. */
export function packOperation({ name, argument }: OperationCall): Uint8Array {
  return packGeneral([name, argument]);
}

export function unpackOperation(bytes: Uint8Array): OperationCall {
  const [name, argument] = unpackGeneral(bytes) as [string, unknown];
  return { name, argument };
}

/** Never throws: a result that cannot travel becomes what was thrown about it. */
export function packOutcome(outcome: OperationOutcome): Uint8Array {
  if ('thrown' in outcome) return packGeneral([packThrown(outcome.thrown)]);
  try {
    return packGeneral([undefined, outcome.result]);
  } catch (error) {
    return packGeneral([packThrown(error)]);
  }
}

/** What the operation answered. @throws what it threw */
export function unpackOutcome(bytes: Uint8Array): unknown {
  const [thrown, result] = unpackGeneral(bytes) as [Uint8Array | undefined, unknown];
  if (thrown !== undefined && thrown !== null) throw unpackThrown(thrown);
  return result;
}
