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
const lost = 'both open at once, an operation is lost, the session is retained';

const bugs: readonly SeededBug[] = [
  { name: 'skips the second read', configuration: restart, rules: { readsTwice: () => false } },
  { name: 'takes any page as the answer to the second read', configuration: restart, rules: { isMutual: () => true } },
  {
    name: 'overlooks in the second read that the peer restarted',
    configuration: restart,
    rules: { isMutual: (page, self) => page.seen === self && page.phase !== 'hello' },
  },
  {
    name: 'overlooks in the second read that the peer has not seen this endpoint',
    configuration: restart,
    rules: { isMutual: (page, _self, peer) => page.endpoint === peer },
  },
  {
    name: 'believes cells meant for an earlier endpoint of this side',
    configuration: failure,
    rules: { isForUs: (cell, _self, peer) => cell.from === peer },
  },
  {
    name: 'believes cells of an earlier endpoint of the peer',
    configuration: restart,
    rules: { isForUs: (cell, self) => cell.to === self, isOutdated: () => false },
  },
  {
    name: 'goes on with the old endpoint after a session',
    configuration: closing,
    rules: { renewsEndpoint: () => false },
  },
  { name: 'reuses the endpoint of the life before', configuration: restart, scenario: { reusesEndpoint: true } },
  { name: 'alerts the clients before the partner', configuration: lost, rules: { alertsPartnerFirst: () => false } },
  {
    name: 'alerts the clients without word from the partner',
    configuration: lost,
    rules: { waitsForPartner: () => false },
  },
  { name: 'does not wait for the ports of the peer', configuration: lost, rules: { waitsForPeerPorts: () => false } },
  {
    name: 'leaves the ports of a failed attempt behind',
    configuration: failure,
    rules: { destroysPorts: () => false },
  },
  { name: 'speaks its own newest version', configuration: lost, rules: { version: (here) => here } },
  { name: 'grants its own need whatever the peer needs', configuration: lost, rules: { smaller: (here) => here } },
  {
    name: 'takes no notice of a restarted peer',
    configuration: restart,
    rules: { noticesRestart: () => false, isMutual: (page, self) => page.seen === self || page.seen === 0 },
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
