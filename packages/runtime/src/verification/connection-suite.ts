import type { VerificationSuite } from '@holdfast/simulation';
import { connectionScenarios } from './connection-configurations.ts';
import { connectionMonitor } from './connection-monitor.ts';
import { connectionMutants } from './connection-mutants.ts';
import { connectionWorld } from './connection-world.ts';
import { liveConnectionPart, liveSessionPart } from './member-host.ts';
import { memberClasses, memberLinks, memberSimulation } from './member-world.ts';
import { sessionMonitor } from './session-monitor.ts';

/** All that verifies the connection kernel. Its simulation opens and closes real sessions again and again. */
export const connectionSuite: VerificationSuite = {
  kernel: 'connection',
  configurations: connectionScenarios.map((scenario) => connectionWorld(scenario)),
  mutants: connectionMutants,
  simulation: memberSimulation({
    name: 'connections that open and close while members crash',
    sendsPerClass: 10,
    closesPerNode: 10,
    faults: {
      drop: 0.1,
      corrupt: 0.02,
      clog: 3,
      cutOneWay: 3,
      cutBothWays: 3,
      linkDown: 3,
      crash: 5,
      pause: 3,
      lateTimer: 0.1,
    },
    monitors: [sessionMonitor(liveSessionPart, memberLinks, memberClasses), connectionMonitor(liveConnectionPart)],
  }),
};
