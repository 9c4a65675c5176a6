import { HoldfastError } from '../errors.ts';

/** An error as it travels over the control plane, where structured clone would lose its code. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly holdfast?: {
    readonly code: string;
    readonly hint: string;
    readonly retryable: boolean;
    readonly node?: string;
  };
  /** Own properties of the class, such as `outcome` or `nodes`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: WireError;
}

/** How an answer travels: a rejection is data too. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: WireError };

const causesMax = 8;

export function packError(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) return { name: 'Thrown', message: String(error) };
  const { name, message, stack } = error;
  const cause = error.cause === undefined || depth >= causesMax ? undefined : packError(error.cause, depth + 1);
  const rest = { ...(stack === undefined ? {} : { stack }), ...(cause === undefined ? {} : { cause }) };
  if (!(error instanceof HoldfastError)) {
    const code = 'code' in error && typeof error.code === 'string' ? { fields: { code: error.code } } : {};
    return { name, message, ...code, ...rest };
  }
  const { code, hint, retryable, node } = error;
  return {
    name,
    message,
    ...rest,
    holdfast: { code, hint, retryable, ...(node === undefined ? {} : { node }) },
    fields: cloneableFields(error),
  };
}

/** The error on this side: a HoldfastError with the same code, message, stack and fields, or an Error. */
export function unpackError(wire: WireError): Error {
  const cause = wire.cause === undefined ? {} : { cause: unpackError(wire.cause) };
  const problem = wire.holdfast && wire.message.slice(0, -(wire.holdfast.hint.length + 1));
  const error =
    wire.holdfast === undefined
      ? new Error(wire.message, cause)
      : new HoldfastError(wire.holdfast.code, problem ?? '', { ...wire.holdfast, ...cause });
  Object.defineProperty(error, 'name', { value: wire.name, configurable: true });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return Object.assign(error, wire.fields);
}

/** Settle `work` into an outcome; never rejects. */
export async function outcomeOf<Value>(work: () => Value | Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
}

/** The value of an outcome, or its error thrown. */
export function unwrap<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw unpackError(outcome.error);
}

const baseFields = new Set(['name', 'message', 'stack', 'cause', 'code', 'hint', 'retryable', 'node']);

function cloneableFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (baseFields.has(key) || typeof value === 'function' || typeof value === 'symbol') continue;
    fields[key] = value;
  }
  return fields;
}
