/** The proof of the log that heads share: what `holdfast explore nfs-log` and `holdfast sim nfs-log` run. */
import type { SimulationSpec, VerificationSuite } from '@holdfast/simulation';
import type { LockAsk } from './log-locks.ts';
import { logMutants } from './log-mutants.ts';
import { ghostOf, type LogScenario, logOf } from './log-scenario.ts';
import { logScenarios, longLogScenarios } from './log-scenarios.ts';
import { logWorld } from './log-world.ts';

const clients = [1, 2, 3];
const turnsEach = 6;
const heads = [0, 1, 2];

const turnsOf = (client: number): LogScenario['asks'] =>
  Array.from({ length: turnsEach }, (_, nth): { ask: LockAsk; at: readonly number[]; times: 'unlimited' } => {
    const ask = { kind: nth % 2 === 0 ? 'lock' : 'unlock', client, turn: nth + 1 } as const;
    return { ask, at: heads, times: 'unlimited' };
  });

/** More heads, clients and appenders than can be explored. */
const large: LogScenario = {
  name: 'log: 3 heads, 3 clients, 18 turns',
  heads: heads.length,
  clients: clients.length,
  asks: [
    ...clients.flatMap(turnsOf),
    ...clients.map((client) => ({ ask: { kind: 'check', client } as const, at: heads, times: 'unlimited' }) as const),
    ...heads.map((head) => ({ ask: { kind: 'mark', mark: head } as const, at: [head] })),
  ],
  appointments: Array.from({ length: 40 }, (_, epoch) => (epoch * 7) % heads.length),
  lapses: heads,
  shows: true,
  faults: { restart: 6 },
  snapshotRecords: 4,
  touchedKeysMax: 3,
};

const simulation: SimulationSpec = {
  world: logWorld(large),
  faults: { crash: 3, pause: 5, clog: 5 },
  missing: (view) => {
    const { epoch, appender } = ghostOf(view);
    const appends = epoch > 0 && view.up(appender) && logOf(view, appender).phase === 'appending';
    if (epoch === large.appointments.length && !appends) return undefined;
    const isServed = heads.every((head) => logOf(view, head).pending.length === 0);
    const isDone = large.asks.every(({ ask }, call) => !('turn' in ask) || ghostOf(view).done.includes(call));
    return appends && isServed && isDone ? undefined : 'somebody waits, or nobody appends';
  },
  downMax: 2,
  callMs: 4,
  safetyMs: 300,
  livenessMs: 5000,
};

export const logSuite: VerificationSuite = {
  kernel: 'nfs-log',
  configurations: Object.values(logScenarios).map((scenario) => logWorld(scenario)),
  long: Object.values(longLogScenarios).map((scenario) => logWorld(scenario)),
  mutants: logMutants,
  simulation,
};
