import { type CallSpec, parallelLinks, part, type WorldSpec } from '@holdfast/simulation';
import type { PageSyncEnv } from '../kernel/page-sync-env.ts';
import { pageSyncKernel } from '../kernel/page-sync-kernel.ts';
import { type PageSyncRules, pageSyncRules } from '../kernel/page-sync-rules.ts';
import type { PageAnswer, PageRequest, PageSyncEvent } from '../kernel/page-sync-types.ts';
import { type PageServersEvent, pageServers, type ServerWord } from './page-servers.ts';
import { pageSyncMonitor } from './page-sync-monitor.ts';
import { pageSyncProperties } from './page-sync-properties.ts';
import { clientNode, clientOf, type PageSyncScenario, serversNode } from './page-sync-scenario.ts';
import { requestRanks } from './request-ranks.ts';

function envOf(scenario: PageSyncScenario, rules: PageSyncRules): PageSyncEnv {
  return {
    dataServers: scenario.dataServers,
    stripes: { pages: 1, servers: Array.from({ length: scenario.dataServers }, (_, place) => place + 1) },
    commitsThroughMetadataServer: scenario.commitsThroughMetadataServer ?? false,
    layoutErrorsMax: scenario.layoutErrorsMax ?? 2,
    commitRetriesMax: 1,
    writesMax: scenario.writesMax ?? 8,
    commitPages: scenario.commitPages ?? 8,
    suspendMs: 10,
    restMs: 5,
    rules,
  };
}

function callsOf(scenario: PageSyncScenario): CallSpec[] {
  const calls: CallSpec[] = [];
  const client = (
    label: string,
    times: number,
    event: (nth: number) => PageSyncEvent,
    when?: CallSpec['when'],
  ): void => {
    if (times > 0) calls.push({ label, node: clientNode, part: 0, times, event, ...(when && { when }) });
  };
  const servers = (label: string, times: number, event: PageServersEvent): void => {
    if (times > 0) calls.push({ label, node: serversNode, part: 0, times, event: () => event });
  };
  client('application writes', scenario.writes.length, (nth) => {
    const { page, locked = false } = scenario.writes[nth]!;
    return { type: 'write', page, content: nth + 1, locked };
  });
  client('fsync', scenario.flushes, (nth) => ({ type: 'flush', call: nth + 1 }));
  for (const page of scenario.writeBacks ?? []) client('memory pressure', 1, () => ({ type: 'write-back', page }));
  const { truncatesAt } = scenario;
  if (truncatesAt !== undefined) {
    client(
      'truncate',
      1,
      () => ({ type: 'truncate', call: truncation, from: truncatesAt }),
      (view) => clientOf(view).truncation === undefined,
    );
  }
  for (const server of scenario.losses ?? []) client('connection breaks', 1, () => ({ type: 'server-lost', server }));
  for (const server of scenario.restarts ?? []) servers('server restarts', 1, { type: 'restart', server });
  for (const refusal of (scenario.refusals ?? []).keys()) servers('server refuses', 1, { type: 'refuse', refusal });
  servers('layout is recalled', scenario.recalls ?? 0, { type: 'recall' });
  servers('lease runs out', scenario.expiries ?? 0, { type: 'expire' });
  return calls;
}

/** The number of the one truncation among the calls. */
const truncation = 100;

/** What servers send a client. Both kernels' messages travel over the same links, each kind in its own direction. */
function arrives(server: number, message: unknown): PageSyncEvent {
  const said = message as PageAnswer | ServerWord;
  if (said.type === 'recall' || said.type === 'lease-lost') return said;
  return { type: 'answer', from: server, answer: said };
}

/** The world of a scenario, with the production rules or with one replaced. */
export function pageSyncWorld(scenario: PageSyncScenario, rules: PageSyncRules = pageSyncRules): WorldSpec {
  const env = envOf(scenario, rules);
  const ports = Array.from({ length: scenario.dataServers + 1 }, (_, server) => server);
  const serversEnv = {
    pages: scenario.pages,
    servers: ports.length,
    how: scenario.how,
    commitsThroughMetadataServer: env.commitsThroughMetadataServer,
    refusals: scenario.refusals ?? [],
  };
  return {
    name: scenario.name,
    nodes: [
      {
        name: 'client',
        parts: [
          part({
            name: 'page-sync',
            kernel: pageSyncKernel,
            env: () => env,
            ports,
            message: arrives,
            timer: (timer) => ({ type: 'timer', timer }) as const,
          }),
        ],
      },
      {
        name: 'servers',
        parts: [
          part({
            name: 'servers',
            kernel: pageServers,
            env: () => serversEnv,
            ports,
            message: (server, asked: unknown) => ({ type: 'request', server, request: asked as PageRequest }) as const,
          }),
        ],
      },
    ],
    links: parallelLinks(ports.length, true),
    calls: callsOf(scenario),
    monitors: [pageSyncMonitor(scenario.pages, ports.length)],
    properties: pageSyncProperties(scenario),
    final: () => true,
    renumbering: requestRanks,
  };
}
