import type { MessagePort } from 'node:worker_threads';
import type { ClusterConfig } from '../control/config.ts';
import type { SupervisorBoot } from './boot-data.ts';
import { startThread } from './node-thread.ts';

/**
 * Become the supervisor's thread. The nodes' threads are started before anything else is loaded: they take longest, and
 * the rest of the supervisor comes up beside them.
 */
export function runSupervisor(boot: SupervisorBoot, parentPort: MessagePort): void {
  parentPort.once('message', async (config: ClusterConfig) => {
    const threads = Array.from({ length: config.nodes }, (_, slot) => startThread(config, slot));
    const { openControl } = await import('./supervisor-control.ts');
    openControl(boot, config, threads, parentPort);
  });
}
