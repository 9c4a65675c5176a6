import type { MessagePort } from 'node:worker_threads';
import { controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import type { NodeBoot } from '../supervisor/boot-data.ts';
import { MemberThread } from './member-thread.ts';

/** Become a node. Loads what channels need and nothing else: services bring the rest when they are deployed. */
export function runNode(boot: NodeBoot, parentPort: MessagePort): void {
  new MemberThread(boot, controlPort<FromMember, ToMember>(parentPort), async (thread) => {
    const { MemberServices } = await import('./member-services.ts');
    return new MemberServices(thread);
  });
}
