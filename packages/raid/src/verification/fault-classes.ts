/** The fault classes that the simulation injects; those that only real files have are in docs/raid.md with their tests. */
import type { FaultClass } from '@holdfast/simulation';

export const simulatedFaultClasses: readonly FaultClass[] = [
  { name: 'F1 power or memory lost, writes under way kept or lost', of: ['crash', 'diskError'] },
  { name: 'F2 torn write', of: ['tornWrite'] },
  { name: 'F8 a write or flush fails, its drive stops', of: ['diskError'] },
  { name: 'F10 slow disk', of: ['diskSlow'] },
  {
    name: 'F11 messages lost, flipped, held up, one-way, links broken or suspected',
    of: ['drop', 'corrupt', 'clog', 'cutOneWay', 'cutBothWays', 'linkDown', 'ghost', 'suspect'],
  },
  { name: 'F12 a member stops and starts', of: ['restart'] },
  { name: 'F13 pause, clock jump, late timer', of: ['pause', 'clockJump', 'lateTimer'] },
];
