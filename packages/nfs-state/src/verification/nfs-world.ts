import { part, type WorldSpec } from '@holdfast/simulation';
import { type LeaseRules, leaseRules } from '../kernel/lease-types.ts';
import { abstractHead } from './abstract-head.ts';
import type { HeadEvent, HeadWord } from './abstract-head-types.ts';
import { abstractLog, type LogEvent } from './abstract-log.ts';
import { type HeadRules, headRules } from './head-rules.ts';
import { leaseMail } from './lease-mail.ts';
import { leasePartKernel } from './lease-part.ts';
import { nfsCalls } from './nfs-calls.ts';
import { nfsClient } from './nfs-client.ts';
import { clientIds, clientsCount, headPart, headsCount, mailPart } from './nfs-parts.ts';
import { nfsProperties } from './nfs-properties.ts';
import { firstOpen, initialState, isQuiet, type NfsScenario } from './nfs-scenario.ts';

export interface NfsRules {
  readonly heads: HeadRules;
  readonly leases: LeaseRules;
}

export const nfsRules: NfsRules = { heads: headRules, leases: leaseRules };

/** The world of a scenario, with the production rules or with one replaced. */
export function nfsWorld(scenario: NfsScenario, rules: NfsRules = nfsRules): WorldSpec {
  const {
    minor,
    startsOpen = false,
    hasLeases = false,
    repeats = 0,
    delegates = false,
    spreadsRenewals = false,
  } = scenario;
  const initial = (): ReturnType<typeof initialState> => initialState(scenario);
  const heads = Array.from({ length: headsCount }, (_, head) => head);
  const clients = Array.from({ length: clientsCount }, (_, client) => client);
  return {
    name: scenario.name,
    nodes: [
      {
        name: 'cluster',
        parts: [
          part({
            name: 'log',
            kernel: abstractLog,
            env: () => ({ initial, rules: rules.heads }),
            below: (to, event) => ({ part: to, event: event as HeadEvent }),
          }),
          ...heads.map((head) =>
            part({
              name: `head ${head}`,
              kernel: abstractHead,
              env: () => ({ head, initial, hasLeases, spreadsRenewals, delegates, rules: rules.heads }),
              below: (to: number, event: HeadWord) => ({ part: to, event: event as LogEvent }),
            }),
          ),
          ...heads.map((head) =>
            part({
              name: `leases of head ${head}`,
              kernel: leasePartKernel,
              env: () => ({
                leaseTicks: 1,
                tickMs: 1,
                clients: clientIds,
                heads: heads.filter((other) => other !== head),
                rules: rules.leases,
              }),
              timer: () => ({ type: 'tick' }) as const,
              start: () =>
                hasLeases ? ({ type: 'view', heads: heads.filter((other) => other !== head) } as const) : undefined,
              below: (to, message) => ({ part: mailPart, event: { type: 'post', from: head, to, message } }),
              above: (upward) => ({ part: headPart(head), event: upward }),
            }),
          ),
          part({
            name: 'mail',
            kernel: leaseMail,
            env: () => undefined,
            below: (to, event) => ({ part: to, event }),
          }),
          ...clients.map((client) =>
            part({
              name: `client ${clientIds[client]}`,
              kernel: nfsClient,
              env: () => ({
                client,
                minor,
                open: startsOpen ? firstOpen(client) : null,
                repeats: client === 0 ? repeats : 0,
              }),
              below: (to, event) => ({ part: to, event }),
            }),
          ),
        ],
      },
    ],
    links: [],
    calls: nfsCalls(scenario),
    timers: 'always',
    properties: nfsProperties(scenario),
    final: isQuiet,
  };
}
