/**
 * Numbers that stand for values, as the disks and states of a world keep only numbers. Each is a hash of its value, so
 * that it is the same in every run; two values of one number would be noticed.
 */
export class Numbered<Value> {
  readonly #known = new Map<number, { readonly text: string; readonly value: Value }>();

  number(value: Value): number {
    const text = JSON.stringify(value);
    const number = hashText(text);
    const known = this.#known.get(number);
    if (known === undefined) this.#known.set(number, { text, value });
    else if (known.text !== text) throw new Error(`Two values have the number ${number}: ${text}, ${known.text}`);
    return number;
  }

  value(number: number): Value | undefined {
    return this.#known.get(number)?.value;
  }
}

const hashRange = 2 ** 24;

/** 48 bits, never 0. */
export function hashText(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let at = 0; at < text.length; at++) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b) ^ (low >>> 13);
  }
  return 1 + ((low >>> 0) % hashRange) * hashRange + ((high >>> 0) % hashRange);
}
