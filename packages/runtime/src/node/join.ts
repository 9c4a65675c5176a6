import { type MessagePort, parentPort } from 'node:worker_threads';
import { controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import { ConfigError } from '../errors.ts';
import type { MemberThread } from './member-thread.ts';
import type { MemberContext } from './types.ts';

const ticketKey = 'holdfast:ticket';

/** What `cluster.attach(worker)` posts to the worker: the right to join, once. */
export interface ClusterTicket {
  readonly [ticketKey]: MessagePort;
}

/** A member in a thread of the app. */
export interface AttachedMember extends MemberContext {
  /** Be a member no more. The thread goes on. */
  leave(): Promise<void>;
}

export function makeTicket(port: MessagePort): ClusterTicket {
  return { [ticketKey]: port };
}

export function isClusterTicket(message: unknown): message is ClusterTicket {
  return typeof message === 'object' && message !== null && ticketKey in message;
}

/**
 * Called in a worker that the app attaches: become a member of the cluster. Resolves when the member can call services;
 * sessions open as they are needed.
 *
 * @param ticket the message `cluster.attach` sent, when the app's own listener took it. @default waits for it
 * @throws ConfigError (HF_CONFIG) outside of a worker
 */
export async function joinCluster(ticket?: ClusterTicket): Promise<AttachedMember> {
  const port = (ticket ?? (await nextTicket()))[ticketKey];
  const { becomeMember } = await import('./become-member.ts');
  const control = controlPort<FromMember, ToMember>(port);
  const welcome = Promise.withResolvers<MemberThread>();
  control.receive((message) => {
    if (message.type === 'welcome') welcome.resolve(becomeMember(message.boot, control));
  });
  const thread = await welcome.promise;
  const { context } = await thread.services();
  port.on('close', () => void thread.stop('close'));
  const leave = async () => {
    await thread.stop('close');
    port.close();
  };
  return { ...context, leave };
}

function nextTicket(): Promise<ClusterTicket> {
  const parent = parentPort;
  if (parent === null) {
    throw new ConfigError('joinCluster was called outside of a worker.', {
      hint: 'Call it in the worker that was passed to cluster.attach.',
    });
  }
  return new Promise((resolve) => {
    const look = (message: unknown) => {
      if (!isClusterTicket(message)) return;
      parent.off('message', look);
      resolve(message);
    };
    parent.on('message', look);
  });
}
