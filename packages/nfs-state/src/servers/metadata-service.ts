import { defineService, type MemberContext, rpc, type ServiceImplementation, stream } from '@holdfast/runtime/service';
import { z } from 'zod';
import { registerNfsStateErrors } from '../error-classes.ts';
import { NotServingError } from '../errors.ts';
import type { FilePort } from '../file-port.ts';
import type { LocalHead } from '../head/local-head.ts';
import { servingRetryMs } from '../limits.ts';
import type { ObjectPort } from '../objects/object-port.ts';
import { ClientDesk } from './client-desk.ts';
import { dataServerOn } from './data-service.ts';
import { LayoutFences } from './layout-fences.ts';
import {
  AttributesAnswer,
  Change,
  ChangeAnswer,
  ClientQuestion,
  FileBytes,
  FileChanged,
  FileOpening,
  FileQuestion,
  FileRead,
  FileWrite,
  Hello,
  LayoutAnswer,
  LayoutGet,
  LayoutGrant,
  LockAnswer,
  LockMessage,
  OpenAnswer,
  ServerWord,
} from './messages.ts';
import { MetadataServer } from './metadata-server.ts';
import { ServingPlace } from './serving-place.ts';

/** The metadata server over the wire, and what an administrator may ask: take a layout or a lease away. */
export const MetadataService = defineService('holdfast-nfs-metadata', {
  words: stream({ in: Hello, out: ServerWord }),
  leave: rpc({ in: Hello, out: z.void() }),
  open: rpc({ in: FileOpening, out: OpenAnswer }),
  close: rpc({ in: FileOpening, out: z.void() }),
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
  expire: rpc({ in: ClientQuestion, out: z.void() }),
});

/** What a metadata server stands on. */
export interface MetadataGround {
  /** The files, for the server of this epoch: higher than that of every server before. */
  readonly files: (epoch: number) => FilePort;
  readonly objects: Pick<ObjectPort, 'locate'>;
  readonly head: LocalHead;
  /** Nodes with a data server. */
  readonly dataServers: readonly string[];
}

/**
 * The service module of a metadata server: `export default metadataService(...)`. Of several on different nodes one serves,
 * and another one goes on when its node dies.
 */
export function metadataService(
  groundOf: (context: MemberContext, options: unknown) => MetadataGround | Promise<MetadataGround>,
): ServiceImplementation<typeof MetadataService.members> {
  return MetadataService.implement(async (context, options) => {
    registerNfsStateErrors();
    const { files, objects, head, dataServers } = await groundOf(context, options);
    const ended = new AbortController();
    let serving: MetadataServer | undefined;
    const place = new ServingPlace(context, async (epoch) => {
      // The head has applied by then all that was granted before.
      await served(head, ended.signal);
      const desk = new ClientDesk(head, epoch);
      const fences = new LayoutFences(dataServers.map((node) => ({ node, port: dataServerOn(context, node) })));
      // Heads may have expired a client while no metadata server was there to fence it.
      await fences.fenceOthers((client, file) => desk.holdsLayout(client, file), desk.nextNumber());
      serving = new MetadataServer({ files: files(epoch), objects, desk, dataServers: fences, pages: context.pages });
    });
    // The head of this node may be started after this.
    void served(head, ended.signal).then(() => place.look());
    const server = (): MetadataServer => {
      if (serving === undefined) throw new NotServingError(context.name);
      return serving;
    };
    return {
      words: (hello, { signal }) => server().words(hello, signal),
      leave: (hello) => server().leave(hello),
      open: (file) => server().open(file),
      close: (file) => server().close(file),
      attributes: ({ file }) => server().attributes(file),
      change: (change) => server().change(change),
      read: (request) => server().read(request),
      write: (request) => server().write(request),
      commit: ({ file }) => server().commit(file),
      layoutGet: (request) => server().layoutGet(request),
      layoutReturn: (layout) => server().layoutReturn(layout),
      lock: (wanted) => server().lock(wanted),
      unlock: (held) => server().unlock(held),
      recall: ({ file }) => server().recall(file),
      expire: ({ client }) => server().expire(client),
      [Symbol.asyncDispose]: async () => {
        ended.abort();
        serving?.stop();
        serving = undefined;
        await place.leave();
      },
    };
  });
}

async function served(head: LocalHead, ended: AbortSignal): Promise<void> {
  while (!ended.aborted && (await head.ask({ operation: { type: 'renew', client: '' } })).status === 'DELAY') {
    await new Promise((resolve) => setTimeout(resolve, servingRetryMs));
  }
}
