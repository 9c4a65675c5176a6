import { NotPlainDataError } from '../errors.ts';

/** One text for equal values, whatever order their properties were written in. */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return `${value}n`;
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      throw new NotPlainDataError(`a ${typeof value} in an event, message or result has no canonical form`);
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${Array.from(value as Uint8Array).join(',')})`;
  requirePlain(value);
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalText(field)}`;
  }
  return `{${text}}`;
}

function requirePlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  throw new NotPlainDataError(`a ${value.constructor.name} in an event, message or result has no canonical form`);
}

/** A copy that shares nothing with the value. */
export function plainCopy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(plainCopy);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  requirePlain(value);
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const field = plainCopy((value as Record<string, unknown>)[key]);
    // Assigning to this name would set the copy's prototype instead of a field.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: field, enumerable: true });
    else copy[key] = field;
  }
  return copy;
}

/** The value without the noise of quotes and braces, for lines of a trace. */
export function readableText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(readableText).join(' ')}]`;
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as Uint8Array).join(' ')}]`;
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => (key === 'type' || key === 'kind' ? String(field) : `${key}=${readableText(field)}`))
    .join(' ');
}
