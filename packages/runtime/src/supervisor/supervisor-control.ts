import type { MessagePort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { comlinkEndpoint } from '../control/comlink-endpoint.ts';
import type { ClusterConfig } from '../control/config.ts';
import { outcomeOf } from '../control/error-wire.ts';
import { controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import type { SupervisorApi } from '../control/supervisor-api.ts';
import type { SupervisorBoot } from './boot-data.ts';
import type { NodeThread } from './node-thread.ts';
import { Supervisor } from './supervisor.ts';

/** Open the control plane of the supervisor in this thread. It begins with `start`. */
export function openControl(
  { shared, adminPort }: SupervisorBoot,
  config: ClusterConfig,
  threads: readonly NodeThread[],
  parentPort: MessagePort,
): void {
  let supervisor: Supervisor | undefined;
  const open = () => {
    if (supervisor === undefined) throw new TypeError('the supervisor was not started');
    return supervisor;
  };
  const api: SupervisorApi = {
    start: () =>
      outcomeOf(() => {
        supervisor = new Supervisor(shared, config, controlPort<ToMember, FromMember>(parentPort));
        return supervisor.start(threads);
      }),
    view: () => outcomeOf(() => open().view),
    kill: (name) => outcomeOf(() => open().kill(name)),
    restart: (name) => outcomeOf(() => open().restart(name)),
    pause: (name) => outcomeOf(() => open().pause(name)),
    resume: (name) => outcomeOf(() => open().resume(name)),
    partition: (groupA, groupB, oneWay) => outcomeOf(() => open().faults.partition(groupA, groupB, oneWay)),
    heal: () => outcomeOf(() => open().faults.heal()),
    failLink: (between, driver) => outcomeOf(() => open().failLink(between, driver)),
    deploy: (request) => outcomeOf(() => open().deployments.deploy(request)),
    undeploy: (id) => outcomeOf(() => open().deployments.undeploy(id)),
    diagnostics: () => outcomeOf(() => open().diagnostics()),
    attach: (port) => outcomeOf(() => open().attach(port)),
    close: (mode, graceMs) =>
      outcomeOf(async () => {
        const report = await open().close(mode, graceMs);
        // Ending this thread would wait for its stuck children: it goes when they are gone.
        if (report.stuck.length > 0)
          void open()
            .stuckEnded()
            .then(() => process.exit(0));
        return report;
      }),
  };
  Comlink.expose(api, comlinkEndpoint(adminPort));
}
