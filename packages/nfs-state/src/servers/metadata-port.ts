import { setMaxListeners } from 'node:events';
import { type MemberContext, memberName } from '@holdfast/runtime/service';
import { NotServingError } from '../errors.ts';
import type { MetadataServerPort } from './metadata-server.ts';
import { MetadataService } from './metadata-service.ts';
import { readHolder, servingKey } from './serving-place.ts';

/** Errors by which another server should be asked. */
const elsewhere = new Set(['HF_NODE_DOWN', 'HF_UNKNOWN_SERVICE', 'HF_NOT_SERVING', 'HF_CLOSED']);

const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && elsewhere.has(String((error as { code: unknown }).code));

/** Ends what is asked of a server once another one serves: it may stand still, and would never answer. */
function untilMoved(): AbortController {
  const moved = new AbortController();
  setMaxListeners(0, moved.signal);
  return moved;
}

/**
 * The metadata servers on some nodes, of which one serves. A call that finds it gone fails, and so does one that waits for
 * it when another one has its place; the next one goes to another node. Until `ended`.
 */
export function metadataServerOn(
  { service, coord }: Pick<MemberContext, 'service' | 'coord'>,
  nodes: readonly string[],
  ended: AbortSignal,
): MetadataServerPort {
  const proxies = nodes.map((node) => service(MetadataService, { node }));
  let at = 0;
  let moved = untilMoved();
  const serves = (value: Uint8Array): void => {
    const place = nodes.indexOf(memberName(readHolder(value).slot));
    if (place === -1 || place === at) return;
    const before = moved;
    moved = untilMoved();
    before.abort(new NotServingError(nodes[at]!));
    at = place;
  };
  const watch = async (): Promise<void> => {
    for await (const { events } of coord.watch({ prefix: servingKey }, { signal: ended })) {
      for (const event of events) if (event.type === 'put') serves(event.entry.value);
    }
  };
  // Without it calls to a server that stands still wait for it.
  watch().catch(() => undefined);
  const failed = (asked: number, error: unknown): void => {
    if (isElsewhere(error) && at === asked) at = (at + 1) % proxies.length;
  };
  type Proxy = (typeof proxies)[number];
  const ask = async <Answer>(call: (proxy: Proxy, options: { signal: AbortSignal }) => Promise<Answer>) => {
    const asked = at;
    try {
      return await call(proxies[asked]!, { signal: moved.signal });
    } catch (error) {
      failed(asked, error);
      throw error;
    }
  };
  return {
    async *words(hello, signal) {
      const asked = at;
      try {
        yield* proxies[asked]!.words(hello, { signal: AbortSignal.any([signal, moved.signal]) });
      } catch (error) {
        failed(asked, error);
        throw error;
      }
    },
    leave: (hello) => ask((proxy, options) => proxy.leave(hello, options)),
    open: (file) => ask((proxy, options) => proxy.open(file, options)),
    close: (file) => ask((proxy, options) => proxy.close(file, options)),
    attributes: (file) => ask((proxy, options) => proxy.attributes({ file }, options)),
    change: (change) => ask((proxy, options) => proxy.change(change, options)),
    read: (request) => ask((proxy, options) => proxy.read(request, options)),
    write: (request) => ask((proxy, options) => proxy.write(request, options)),
    commit: (file) => ask((proxy, options) => proxy.commit({ file }, options)),
    layoutGet: (request) => ask((proxy, options) => proxy.layoutGet(request, options)),
    layoutReturn: (layout) => ask((proxy, options) => proxy.layoutReturn(layout, options)),
    lock: (wanted) => ask((proxy, options) => proxy.lock(wanted, options)),
    unlock: (held) => ask((proxy, options) => proxy.unlock(held, options)),
  };
}
