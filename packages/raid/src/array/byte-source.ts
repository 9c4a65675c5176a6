import { SourceError } from '../errors.ts';

/** What a put stores: all at once, or as it comes. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The chunks of a source, until the signal aborts: a source that hangs then is left behind, and told to end. */
export async function* chunksOf(source: ByteSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  const iterator = iteratorOf(source);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const abort = () => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  let ended = false;
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted.promise]);
      if (step.done === true) {
        ended = true;
        return;
      }
      if (!(step.value instanceof Uint8Array)) throw new SourceError('gave a chunk that is not a Uint8Array');
      yield step.value;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function iteratorOf(source: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return (source as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new SourceError('is not bytes');
}
