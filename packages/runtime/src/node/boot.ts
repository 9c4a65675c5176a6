import type { MessagePort } from 'node:worker_threads';
import { controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import { MemberThread } from './member-thread.ts';

/**
 * Become a node when the supervisor says which. Loads what channels need and nothing else: services bring the rest when
 * they are deployed.
 */
export function runNode(parentPort: MessagePort): void {
  parentPort.once('message', (message: ToMember) => {
    if (message.type !== 'welcome') throw new TypeError(`a node is welcomed first, not told ${message.type}`);
    new MemberThread(message.boot, controlPort<FromMember, ToMember>(parentPort), async (thread) => {
      const { MemberServices } = await import('./member-services.ts');
      return new MemberServices(thread);
    });
  });
}
