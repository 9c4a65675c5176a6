import type { Mutant } from '@holdfast/simulation';
import { type ConnectionRules, connectionRules } from '../kernel/connection-rules.ts';
import { connectionScenarios } from './connection-configurations.ts';
import type { ConnectionScenario } from './connection-scenario.ts';
import { connectionWorld } from './connection-world.ts';

interface SeededBug {
  readonly name: string;
  readonly configuration: string;
  readonly rules?: Partial<ConnectionRules>;
  readonly scenario?: Partial<ConnectionScenario>;
}

const restart = 'a crash and a restart at every step';
const failure = 'an operation fails while it is under way';
const closing = 'open against close';
const late = 'a close that the peer sees late';
const together = 'both open at once';

const bugs: readonly SeededBug[] = [
  { name: 'skips the second read', configuration: restart, rules: { readsTwice: () => false } },
  { name: 'takes any page as the answer to the second read', configuration: restart, rules: { isMutual: () => true } },
  {
    name: 'overlooks in the second read that the peer has not seen this endpoint',
    configuration: restart,
    rules: { isMutual: (page, _self, peer) => page.endpoint === peer },
  },
  {
    name: 'goes on with the old endpoint after a session',
    configuration: closing,
    rules: { renewsEndpoint: () => false },
  },
  { name: 'reuses the endpoint of the life before', configuration: restart, scenario: { reusesEndpoint: true } },
  {
    name: 'alerts the clients before the partner',
    configuration: together,
    rules: { alertsPartnerFirst: () => false },
  },
  {
    name: 'alerts the clients without word from the partner',
    configuration: together,
    rules: { waitsForPartner: () => false },
  },
  {
    name: 'does not wait for the ports of the peer',
    configuration: together,
    rules: { waitsForPeerPorts: () => false },
  },
  {
    name: 'leaves the ports of a failed attempt behind',
    configuration: failure,
    rules: { destroysPorts: () => false },
  },
  { name: 'speaks its own newest version', configuration: together, rules: { version: (here) => here } },
  { name: 'grants its own need whatever the peer needs', configuration: together, rules: { smaller: (here) => here } },
  {
    name: 'does not look whether the peer still has the session',
    configuration: closing,
    rules: { noticesAbsence: () => false },
  },
  {
    name: 'says nothing but "closing" when it closes',
    configuration: late,
    rules: { carries: (phase, earlier) => phase !== 'closing' && connectionRules.carries(phase, earlier) },
  },
];

export const connectionMutants: readonly Mutant[] = bugs.map(({ name, configuration, rules, scenario }) => {
  const original = connectionScenarios.find((each) => each.name === configuration);
  if (original === undefined) throw new RangeError(`no configuration is called ${configuration}`);
  return {
    name,
    configuration,
    world: connectionWorld({ ...original, ...scenario }, { ...connectionRules, ...rules }),
  };
});
