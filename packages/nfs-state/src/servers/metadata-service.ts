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
import type { ServingTerm } from './serving-term.ts';

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
  /** The files, as they may be used in a term. */
  readonly files: (term: ServingTerm) => FilePort;
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
    let serving: { readonly term: ServingTerm; readonly server: MetadataServer } | undefined;
    const end = (): void => {
      serving?.server.stop();
      serving = undefined;
    };
    const begin = async (term: ServingTerm): Promise<void> => {
      // The head has applied by then all that was granted before.
      await served(head, ended.signal);
      const desk = new ClientDesk(term.head(head), term.epoch);
      const fences = new LayoutFences(dataServers.map((node) => ({ node, port: dataServerOn(context, node) })));
      // Heads may have expired a client while no metadata server was there to fence it.
      await fences.fenceOthers((client, file) => desk.holdsLayout(client, file), desk.nextNumber());
      if (!term.isCurrent) return;
      const options = { files: files(term), objects, desk, dataServers: fences, pages: context.pages };
      serving = { term, server: new MetadataServer(options) };
    };
    const place = new ServingPlace(context, { serve: begin, ended: end });
    // The head of this node may be started after this.
    void served(head, ended.signal).then(() => place.look());
    const server = (): MetadataServer => {
      if (serving?.term.isCurrent !== true) throw new NotServingError(context.name);
      return serving.server;
    };
    /** What is answered after the end of the term is no answer: another server may have said something else. */
    const during = async <Answer>(work: (server: MetadataServer) => Promise<Answer>): Promise<Answer> => {
      const asked = server();
      return serving!.term.run(() => work(asked));
    };
    return {
      words: (hello, { signal }) => server().words(hello, signal),
      leave: (hello) => during((at) => at.leave(hello)),
      open: (file) => during((at) => at.open(file)),
      close: (file) => during((at) => at.close(file)),
      attributes: ({ file }) => during((at) => at.attributes(file)),
      change: (change) => during((at) => at.change(change)),
      read: (request) => during((at) => at.read(request)),
      write: (request) => during((at) => at.write(request)),
      commit: ({ file }) => during((at) => at.commit(file)),
      layoutGet: (request) => during((at) => at.layoutGet(request)),
      layoutReturn: (layout) => during((at) => at.layoutReturn(layout)),
      lock: (wanted) => during((at) => at.lock(wanted)),
      unlock: (held) => during((at) => at.unlock(held)),
      recall: ({ file }) => during((at) => at.recall(file)),
      expire: ({ client }) => during((at) => at.expire(client)),
      [Symbol.asyncDispose]: async () => {
        ended.abort();
        end();
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
