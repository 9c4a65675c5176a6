import type { Channels } from '../channel/channels.ts';
import type { EventOutbox } from '../events/event-outbox.ts';
import { type MemberExtensions, memberMethods } from '../extensions.ts';
import type { MemberName } from '../member.ts';
import type { ServiceClient } from '../service/types.ts';
import type { MemberThread } from './member-thread.ts';
import type { Log, MemberContext } from './types.ts';

/** The context of a member's services, and of `cluster.main`. */
export function createContext(thread: MemberThread, client: ServiceClient, channels: Channels): MemberContext {
  const { name, boot, signal, pages, exchange, lane, coord, outbox } = thread;
  const own: Omit<MemberContext, keyof MemberExtensions> = {
    name,
    slot: boot.slot,
    incarnation: boot.incarnation,
    signal,
    storage: boot.storage,
    log: createLog(name, outbox),
    pages,
    exchange,
    get view() {
      return thread.view;
    },
    watchView: (listener) => thread.watchView(listener),
    takePart: (role) => thread.takePart(role),
    compute: lane,
    coord,
    service: (definition, defaults) => client.service(definition, defaults),
    broadcast: (definition, defaults) => client.broadcast(definition, defaults),
    connect: (peer, options) => channels.connect(peer, options),
    emit: (event) => outbox.publishAny({ node: name, ...event }),
  };
  // What extensions add, they add to the prototype.
  return Object.setPrototypeOf(own, memberMethods) as MemberContext;
}

function createLog(node: MemberName, outbox: EventOutbox): Log {
  const line =
    (level: 'info' | 'warn' | 'error'): Log['info'] =>
    (message, fields) =>
      outbox.publish('log', { node, level, message, ...(fields === undefined ? {} : { fields }) });
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
