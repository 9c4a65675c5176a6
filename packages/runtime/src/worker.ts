/**
 * The entry of every thread a cluster starts. Apps that bundle point `Cluster.start({ workerUrl })` at a bundle of it.
 *
 * @packageDocumentation
 */
import { parentPort, workerData } from 'node:worker_threads';
import { bootKey, type NodeBoot, type SupervisorBoot } from './supervisor/boot-data.ts';

const boot = (workerData as { [bootKey]?: NodeBoot | SupervisorBoot } | null)?.[bootKey];
if (boot === undefined || parentPort === null) {
  throw new TypeError('@holdfast/runtime/worker is started by Cluster.start, not imported.');
}
if (boot.role === 'supervisor') {
  const { runSupervisor } = await import('./supervisor/supervisor-thread.ts');
  runSupervisor(boot, parentPort);
} else {
  const { runNode } = await import('./node/boot.ts');
  runNode(parentPort);
}
