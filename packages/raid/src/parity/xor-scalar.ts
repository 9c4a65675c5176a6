/**
 * The exclusive or of `sources` into `destination` without WebAssembly: all positions are indexes into one array over
 * the shared pages, so that the compiler sees a single kind of array.
 */
export function xorScalar(words: Int32Array, destination: number, sources: readonly number[], count: number): void {
  const [head, ...rest] = sources;
  if (head === undefined) throw new RangeError('An exclusive or needs at least one source.');
  if (head !== destination) words.copyWithin(destination, head, head + count);
  for (const source of rest) xorPair(words, destination, source, count);
}

function xorPair(words: Int32Array, destination: number, source: number, count: number): void {
  for (let index = 0; index < count; index += 4) {
    const to = destination + index;
    const from = source + index;
    words[to]! ^= words[from]!;
    words[to + 1]! ^= words[from + 1]!;
    words[to + 2]! ^= words[from + 2]!;
    words[to + 3]! ^= words[from + 3]!;
  }
}
