import type { MemberContext } from '@holdfast/runtime/service';
import type { MetadataServerPort } from './metadata-server.ts';
import { MetadataService } from './metadata-service.ts';

/** Errors by which another server should be asked. */
const elsewhere = new Set(['HF_NODE_DOWN', 'HF_UNKNOWN_SERVICE', 'HF_NOT_SERVING', 'HF_CLOSED']);

const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && elsewhere.has(String((error as { code: unknown }).code));

/**
 * The metadata servers on some nodes, of which one serves. A call that finds it gone fails; the next one goes to another
 * node.
 */
export function metadataServerOn(
  { service }: Pick<MemberContext, 'service'>,
  nodes: readonly string[],
): MetadataServerPort {
  const proxies = nodes.map((node) => service(MetadataService, { node }));
  let at = 0;
  const failed = (asked: number, error: unknown): void => {
    if (isElsewhere(error) && at === asked) at = (at + 1) % proxies.length;
  };
  const ask = async <Answer>(call: (proxy: (typeof proxies)[number]) => Promise<Answer>): Promise<Answer> => {
    const asked = at;
    try {
      return await call(proxies[asked]!);
    } catch (error) {
      failed(asked, error);
      throw error;
    }
  };
  return {
    async *words(hello, signal) {
      const asked = at;
      try {
        yield* proxies[asked]!.words(hello, { signal });
      } catch (error) {
        failed(asked, error);
        throw error;
      }
    },
    leave: (hello) => ask((proxy) => proxy.leave(hello)),
    open: (file) => ask((proxy) => proxy.open(file)),
    close: (file) => ask((proxy) => proxy.close(file)),
    attributes: (file) => ask((proxy) => proxy.attributes({ file })),
    change: (change) => ask((proxy) => proxy.change(change)),
    read: (request) => ask((proxy) => proxy.read(request)),
    write: (request) => ask((proxy) => proxy.write(request)),
    commit: (file) => ask((proxy) => proxy.commit({ file })),
    layoutGet: (request) => ask((proxy) => proxy.layoutGet(request)),
    layoutReturn: (layout) => ask((proxy) => proxy.layoutReturn(layout)),
    lock: (wanted) => ask((proxy) => proxy.lock(wanted)),
    unlock: (held) => ask((proxy) => proxy.unlock(held)),
  };
}
