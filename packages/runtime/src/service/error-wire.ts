import { types } from 'node:util';
import { CodecError } from '../codec/errors.ts';
import { packGeneral, unpackGeneral } from '../codec/general.ts';
import { errorAggregateMax, errorDepthMax, errorPropertyBytesMax, errorStackBytesMax } from '../limits.ts';
import { reviveError } from './error-classes.ts';
import { RemoteError } from './errors.ts';

/** Something thrown, as it travels. Each property is packed by itself: one that cannot be does not take the rest along. */
interface ThrownRecord {
  /** From the class of the error up to Error; empty for something thrown that is no error. */
  readonly classes: readonly string[];
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly properties: Readonly<Record<string, Uint8Array>>;
  readonly cause?: ThrownRecord;
  readonly errors?: readonly ThrownRecord[];
  /** What was thrown, when it is no error. */
  readonly value?: Uint8Array;
}

/** Own properties that travel by themselves, or that every error has. */
const handledProperties = new Set(['stack', 'message', 'cause', 'errors']);

/** Pack anything a handler threw. Never throws itself: what cannot travel becomes a RemoteError that says so. */
export function packThrown(thrown: unknown): Uint8Array {
  try {
    return packGeneral(describe(thrown, 0));
  } catch (error) {
    const problem = `A handler threw something that cannot be described: ${textOf(() => String(error))}.`;
    return packGeneral(describe(new RemoteError(problem), 0));
  }
}

/**
 * What was thrown, made anew in this thread.
 * @throws CodecError when the bytes hold nothing that was thrown.
 */
export function unpackThrown(bytes: Uint8Array): unknown {
  return revive(unpackGeneral(bytes), 0);
}

function describe(thrown: unknown, depth: number): ThrownRecord {
  if (!isError(thrown)) return describeValue(thrown);
  const cause = 'cause' in thrown && depth < errorDepthMax ? describe(thrown.cause, depth + 1) : undefined;
  const errors = thrown instanceof AggregateError && depth < errorDepthMax ? thrown.errors : undefined;
  return {
    classes: classNames(thrown),
    name: textOf(() => thrown.name),
    message: textOf(() => thrown.message),
    stack: textOf(() => thrown.stack ?? '').slice(0, errorStackBytesMax),
    properties: packProperties(thrown),
    ...(cause === undefined ? {} : { cause }),
    ...(Array.isArray(errors)
      ? { errors: errors.slice(0, errorAggregateMax).map((error) => describe(error, depth + 1)) }
      : {}),
  };
}

function describeValue(thrown: unknown): ThrownRecord {
  const empty = { classes: [], name: '', message: '', stack: '', properties: {} };
  const value = packOrUndefined(thrown);
  if (value !== undefined) return { ...empty, value };
  return describe(new RemoteError(`A handler threw ${textOf(() => String(thrown))}, which cannot travel.`), 0);
}

function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

function classNames(error: Error): string[] {
  const names: string[] = [];
  for (let prototype: unknown = Object.getPrototypeOf(error); prototype !== null; ) {
    if (prototype === Object.prototype || names.length === errorDepthMax) break;
    const maker = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor;
    if (typeof maker?.name === 'string') names.push(maker.name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}

/** Own data properties; accessors are code and stay behind. */
function packProperties(error: Error): Record<string, Uint8Array> {
  const packed: Record<string, Uint8Array> = {};
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (handledProperties.has(key) || key === '__proto__' || !('value' in property)) continue;
    const value = packOrUndefined(property.value);
    if (value !== undefined) packed[key] = value;
  }
  return packed;
}

function packOrUndefined(value: unknown): Uint8Array | undefined {
  try {
    const packed = packGeneral(value);
    return packed.length > errorPropertyBytesMax ? undefined : packed;
  } catch {
    return undefined;
  }
}

/** Errors are made by anyone: even reading their text may run code that throws. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return 'something without text';
  }
}

function revive(record: unknown, depth: number): unknown {
  if (!isRecord(record) || depth > errorDepthMax + 1) throw new CodecError('A message describes no error.');
  if (record.value instanceof Uint8Array) return unpackGeneral(record.value);
  const cause = record.cause === undefined ? undefined : revive(record.cause, depth + 1);
  const error = reviveError(record.classes, record.message, cause);
  if (Array.isArray(record.errors)) {
    define(
      error,
      'errors',
      record.errors.map((inner) => revive(inner, depth + 1)),
      false,
    );
  }
  for (const [key, value] of Object.entries(record.properties)) define(error, key, unpackGeneral(value), true);
  if (record.stack !== '') define(error, 'stack', record.stack, false);
  if (error.name !== record.name) define(error, 'name', record.name, false);
  return error;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

function isRecord(value: unknown): value is ThrownRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof ThrownRecord, unknown>>;
  return (
    Array.isArray(record.classes) &&
    record.classes.every((name) => typeof name === 'string') &&
    typeof record.name === 'string' &&
    typeof record.message === 'string' &&
    typeof record.stack === 'string' &&
    typeof record.properties === 'object' &&
    record.properties !== null &&
    Object.values(record.properties).every((bytes) => bytes instanceof Uint8Array)
  );
}
