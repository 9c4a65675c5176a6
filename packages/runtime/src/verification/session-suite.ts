import type { VerificationSuite } from '@holdfast/simulation';
import { connectionMonitor } from './connection-monitor.ts';
import { liveConnectionPart, liveSessionPart } from './member-host.ts';
import { memberClasses, memberLinks, memberSimulation } from './member-world.ts';
import { longSessionScenario, sessionScenarios } from './session-configurations.ts';
import { sessionMonitor } from './session-monitor.ts';
import { sessionMutants } from './session-mutants.ts';
import { sessionWorld } from './session-world.ts';

/** All that verifies the session kernel. Its simulation runs it under a connection kernel, over links that fail. */
export const sessionSuite: VerificationSuite = {
  kernel: 'session',
  configurations: sessionScenarios.map((scenario) => sessionWorld(scenario)),
  long: [sessionWorld(longSessionScenario)],
  mutants: sessionMutants,
  simulation: memberSimulation({
    name: 'sessions over failing links',
    sendsPerClass: 100,
    closesPerNode: 1,
    faults: {
      drop: 0.05,
      corrupt: 0.02,
      clog: 2,
      cutOneWay: 2,
      cutBothWays: 2,
      linkDown: 8,
      ghost: 0.5,
      suspect: 8,
      crash: 1,
      pause: 2,
      lateTimer: 0.05,
    },
    monitors: [sessionMonitor(liveSessionPart, memberLinks, memberClasses), connectionMonitor(liveConnectionPart)],
  }),
};
