/** Plain data as text, with the 64-bit numbers of byte ranges: a bigint is written as an object of one key. */
const bigKey = '$n';

export function toText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? { [bigKey]: String(each) } : each));
}

/** @throws SyntaxError where the text is none of {@link toText} */
export function fromText(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || !(bigKey in each)) return each;
    return BigInt(String(each[bigKey]));
  });
}
