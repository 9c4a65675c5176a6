import { defineService, type MemberContext, rpc, type ServiceImplementation, stream } from '@holdfast/runtime/service';
import { z } from 'zod';
import { registerNfsStateErrors } from '../error-classes.ts';
import type { FilePort } from '../file-port.ts';
import type { ObjectPort } from '../objects/object-port.ts';
import { dataServerOn } from './data-service.ts';
import { LayoutFences } from './layout-fences.ts';
import { MemoryDesk } from './memory-desk.ts';
import {
  AttributesAnswer,
  Change,
  ChangeAnswer,
  FileBytes,
  FileChanged,
  FileQuestion,
  FileRead,
  FileWrite,
  Hello,
  LayoutAnswer,
  LayoutGet,
  LayoutGrant,
  LockAnswer,
  LockMessage,
  ServerWord,
} from './messages.ts';
import { MetadataServer, type MetadataServerPort } from './metadata-server.ts';

/** {@link MetadataServerPort} over the wire, and what an administrator may ask: take a layout or a lease away. */
export const MetadataService = defineService('holdfast-nfs-metadata', {
  words: stream({ in: Hello, out: ServerWord }),
  attributes: rpc({ in: FileQuestion, out: AttributesAnswer }),
  change: rpc({ in: Change, out: ChangeAnswer }),
  read: rpc({ in: FileRead, out: FileBytes }),
  write: rpc({ in: FileWrite, out: FileChanged }),
  commit: rpc({ in: FileQuestion, out: FileChanged }),
  layoutGet: rpc({ in: LayoutGet, out: LayoutAnswer }),
  layoutReturn: rpc({ in: LayoutGrant, out: z.void() }),
  lock: rpc({ in: LockMessage, out: LockAnswer }),
  unlock: rpc({ in: LockMessage, out: z.void() }),
  recall: rpc({ in: FileQuestion, out: z.void() }),
  expire: rpc({ in: Hello, out: z.void() }),
});

/** What a metadata server stands on. */
export interface MetadataGround {
  readonly files: FilePort;
  readonly objects: Pick<ObjectPort, 'locate'>;
  /** Higher than that of every metadata server before. */
  readonly epoch: number;
  /** Nodes with a data server. */
  readonly dataServers: readonly string[];
}

/** The service module of a metadata server: `export default metadataService(...)`. */
export function metadataService(
  groundOf: (context: MemberContext, options: unknown) => MetadataGround | Promise<MetadataGround>,
): ServiceImplementation<typeof MetadataService.members> {
  return MetadataService.implement(async (context, options) => {
    registerNfsStateErrors();
    const { files, objects, epoch, dataServers } = await groundOf(context, options);
    const fences = new LayoutFences(dataServers.map((node) => ({ node, port: dataServerOn(context, node) })));
    const desk = new MemoryDesk(epoch);
    // What the server before this one granted nobody knows of any more.
    await fences.fenceAll(desk.floor);
    const server = new MetadataServer({ files, objects, desk, dataServers: fences, pages: context.pages });
    return {
      words: ({ client }, { signal }) => server.words(client, signal),
      attributes: ({ file }) => server.attributes(file),
      change: (change) => server.change(change),
      read: (request) => server.read(request),
      write: (request) => server.write(request),
      commit: ({ file }) => server.commit(file),
      layoutGet: (request) => server.layoutGet(request),
      layoutReturn: (layout) => server.layoutReturn(layout),
      lock: (wanted) => server.lock(wanted),
      unlock: (held) => server.unlock(held),
      recall: ({ file }) => server.recall(file),
      expire: ({ client }) => server.expire(client),
    };
  });
}

/** The metadata server on a node. */
export function metadataServerOn({ service }: Pick<MemberContext, 'service'>, node: string): MetadataServerPort {
  const proxy = service(MetadataService, { node });
  return {
    words: (client, signal) => proxy.words({ client }, { signal }),
    attributes: (file) => proxy.attributes({ file }),
    change: (change) => proxy.change(change),
    read: (request) => proxy.read(request),
    write: (request) => proxy.write(request),
    commit: (file) => proxy.commit({ file }),
    layoutGet: (request) => proxy.layoutGet(request),
    layoutReturn: (layout) => proxy.layoutReturn(layout),
    lock: (wanted) => proxy.lock(wanted),
    unlock: (held) => proxy.unlock(held),
  };
}
