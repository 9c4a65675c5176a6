import { CodecError, MessageTooLargeError } from '../codec/errors.ts';
import * as clusterErrors from '../errors.ts';
import * as serviceErrors from './errors.ts';

type ErrorClass = abstract new (...args: never[]) => Error;

/** How to make an error of a class anew; the wire then sets its properties. */
export type ReviveError = (message: string, cause: unknown) => Error;

interface KnownClass {
  readonly prototype: object;
  readonly revive: ReviveError | undefined;
}

const known = new Map<string, KnownClass>();

/**
 * Let errors of a class arrive as such in this thread: `instanceof` holds, its methods work. Its constructor does not
 * run unless `revive` calls it, so that a class with private fields needs one. Register it in every thread that should
 * know the class; elsewhere its errors arrive as the nearest class that is known.
 */
export function registerErrorClass(errorClass: ErrorClass, revive?: ReviveError): void {
  known.set(errorClass.name, { prototype: errorClass.prototype as object, revive });
}

/** A new error of the first of these classes that this thread knows. */
export function reviveError(classNames: readonly string[], message: string, cause: unknown): Error {
  for (const name of classNames) {
    const found = known.get(name);
    if (found === undefined) continue;
    if (found.revive !== undefined) return found.revive(message, cause);
    const error = new Error(message, cause === undefined ? undefined : { cause });
    Object.setPrototypeOf(error, found.prototype);
    return error;
  }
  return new Error(message, cause === undefined ? undefined : { cause });
}

const builtIn = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
for (const errorClass of builtIn) registerErrorClass(errorClass);
for (const errorClass of [CodecError, MessageTooLargeError]) registerErrorClass(errorClass);
for (const exported of [...Object.values(clusterErrors), ...Object.values(serviceErrors)]) {
  if (typeof exported === 'function' && exported.prototype instanceof Error) registerErrorClass(exported);
}
registerErrorClass(clusterErrors.HoldfastError);

/** Its name is not a property but behaviour of the class, and its code follows from the name. */
registerErrorClass(DOMException, (message) => new DOMException(message));
