import * as coordErrors from '../coord/errors.ts';
import * as memoryErrors from '../memory/errors.ts';
import { registerErrorClass, reviveError } from '../service/error-classes.ts';

for (const errorClass of [...Object.values(coordErrors), ...Object.values(memoryErrors)])
  registerErrorClass(errorClass);

/** An error as it travels over ports, where structured clone alone would lose its class and its properties. */
export interface WireError {
  /** From the class of the error up to Error. */
  readonly classes: readonly string[];
  readonly message: string;
  readonly stack: string;
  /** Own properties that can be cloned, `code` and `hint` among them. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause?: WireError;
}

/** How an answer travels: a rejection is data too. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: WireError };

const causesMax = 8;

export function packError(thrown: unknown, depth = 0): WireError {
  if (!(thrown instanceof Error)) {
    return { classes: ['Error'], message: `Not an error was thrown: ${String(thrown)}`, stack: '', properties: {} };
  }
  const cause = thrown.cause === undefined || depth === causesMax ? {} : { cause: packError(thrown.cause, depth + 1) };
  const { message, stack = '' } = thrown;
  return { classes: classNames(thrown), message, stack, properties: cloneableProperties(thrown), ...cause };
}

/** The error made anew: of the nearest class this thread knows, with the same stack and properties. */
export function unpackError({ classes, message, stack, properties, cause }: WireError): Error {
  const error = reviveError(classes, message, cause === undefined ? undefined : unpackError(cause));
  for (const [key, value] of Object.entries({ ...properties, stack })) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: key !== 'stack' });
  }
  return error;
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

function classNames(error: Error): string[] {
  const names: string[] = [];
  for (let prototype = Object.getPrototypeOf(error); prototype instanceof Error; ) {
    names.push(prototype.constructor.name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return [...names, 'Error'];
}

function cloneableProperties(error: Error): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key === 'cause' || key === 'stack' || key === 'message') continue;
    try {
      properties[key] = structuredClone(value);
    } catch {
      // A function or a handle stays behind; the rest of the error is worth more than failing for it.
    }
  }
  return properties;
}
