import { defineService, type MemberContext, rpc, type ServiceImplementation } from '@holdfast/runtime/service';
import { z } from 'zod';
import { registerNfsStateErrors } from '../error-classes.ts';
import { grantMs } from '../limits.ts';
import type { ObjectPort } from '../objects/object-port.ts';
import { DataServer, type DataServerPort } from './data-server.ts';
import {
  DataCommit,
  DataDone,
  DataRead,
  DataWrite,
  DataWritten,
  GrantsPage,
  GrantsQuestion,
  LayoutGrant,
} from './messages.ts';

/** {@link DataServerPort} over the wire. */
export const DataService = defineService('holdfast-nfs-data', {
  write: rpc({ in: DataWrite, out: DataWritten }),
  commit: rpc({ in: DataCommit, out: DataWritten }),
  read: rpc({ in: DataRead, out: DataDone }),
  grant: rpc({ in: LayoutGrant, out: z.boolean() }),
  fence: rpc({ in: LayoutGrant, out: z.void() }),
  grants: rpc({ in: GrantsQuestion, out: GrantsPage }),
});

/** The service module of a data server over these objects: `export default dataService(...)`. */
export function dataService(
  objectsOf: (context: MemberContext, options: unknown) => ObjectPort | Promise<ObjectPort>,
): ServiceImplementation<typeof DataService.members> {
  return DataService.implement(async (context, options) => {
    registerNfsStateErrors();
    const { name, incarnation, pages } = context;
    const server = new DataServer({
      objects: await objectsOf(context, options),
      pages,
      life: `${name}.${incarnation}`,
    });
    return {
      write: (request) => server.write(request),
      commit: (request) => server.commit(request),
      read: (request) => server.read(request),
      grant: (grant) => server.grant(grant),
      fence: (grant) => server.fence(grant),
      grants: ({ from }) => server.grants(from),
    };
  });
}

/** The data server on a node. */
export function dataServerOn({ service }: Pick<MemberContext, 'service'>, node: string): DataServerPort {
  const proxy = service(DataService, { node });
  return {
    write: (request) => proxy.write(request),
    commit: (request) => proxy.commit(request),
    read: (request) => proxy.read(request),
    grant: (grant) => proxy.grant(grant, { timeoutMs: grantMs }),
    fence: (grant) => proxy.fence(grant),
    grants: (from) => proxy.grants({ from }),
  };
}
