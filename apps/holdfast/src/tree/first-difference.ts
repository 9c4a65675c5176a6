/**
 * Where two streams of bytes first differ; undefined: nowhere. A stream that ends where the other goes on differs there.
 * What is left of them is not read.
 */
export async function firstDifference(
  one: AsyncIterable<Uint8Array>,
  other: AsyncIterable<Uint8Array>,
): Promise<number | undefined> {
  const [left, right] = [one[Symbol.asyncIterator](), other[Symbol.asyncIterator]()];
  try {
    let at = 0;
    let [a, b] = [await nextBytes(left), await nextBytes(right)];
    while (a !== undefined && b !== undefined) {
      const length = Math.min(a.byteLength, b.byteLength);
      const [x, y] = [a.subarray(0, length), b.subarray(0, length)];
      if (Buffer.compare(x, y) !== 0) return at + x.findIndex((byte, index) => byte !== y[index]);
      at += length;
      a = a.byteLength > length ? a.subarray(length) : await nextBytes(left);
      b = b.byteLength > length ? b.subarray(length) : await nextBytes(right);
    }
    return a === undefined && b === undefined ? undefined : at;
  } finally {
    await Promise.allSettled([left.return?.(), right.return?.()]);
  }
}

/** The next chunk that holds a byte. */
async function nextBytes(stream: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (let step = await stream.next(); !step.done; step = await stream.next()) {
    if (step.value.byteLength > 0) return step.value;
  }
  return undefined;
}
