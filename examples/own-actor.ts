/**
 * Your own actor under the explorer and the simulator that Holdfast is verified with: every order in which messages can
 * be lost, doubled and overtaken for a small case, then long random histories by seed.
 */
import { explore, monitor, parallelLinks, part, runSim, type WorldSpec, worldModel } from '@holdfast/simulation';
import { type Letter, type Receipt, receiverKernel, sender } from './courier.ts';

const letters = 3;

/** Remembers how many letters came out at the far end, so that a property can hold their numbers against it. */
const deliveries = monitor<{ delivered: number; wrong: number }>({
  name: 'deliveries',
  watches: ['deliver'],
  initial: () => ({ delivered: 0, wrong: -1 }),
  observe(state, { value }) {
    if (value !== state.delivered && state.wrong < 0) state.wrong = Number(value);
    state.delivered++;
  },
  encode(state, into) {
    into.uint(state.delivered);
    into.int(state.wrong);
  },
  decode: (from) => ({ delivered: from.uint(), wrong: from.int() }),
  violation: ({ delivered, wrong }) =>
    wrong < 0 ? undefined : `letter ${wrong} was delivered as number ${delivered - 1}`,
});

function world(checksNumbers: boolean): WorldSpec {
  return {
    name: checksNumbers ? 'courier' : 'courier that does not check numbers',
    nodes: [
      {
        name: 'sender',
        parts: [
          part({
            name: 'sender',
            kernel: sender,
            env: () => undefined,
            ports: [0],
            message: (_port, message) => message as unknown as Receipt,
            timer: () => ({ type: 'repeat' }),
          }),
        ],
      },
      {
        name: 'receiver',
        parts: [
          part({
            name: 'receiver',
            kernel: receiverKernel(checksNumbers),
            env: () => undefined,
            ports: [0],
            message: (_port, message) => message as unknown as Letter,
          }),
        ],
      },
    ],
    links: parallelLinks(1),
    calls: [{ label: 'post', node: 0, part: 0, times: letters, event: () => ({ type: 'post' }) }],
    // A timer that may end at any moment could put any number of letters on the link: the case would have no end.
    timers: 'quiet',
    faults: { drop: 2, duplicate: 2, reorder: 1 },
    monitors: [deliveries],
  };
}

const sound = explore(worldModel(world(true)));
console.log(`${sound.name}: ${sound.states} states, fixpoint ${sound.fixpoint}, ${sound.violations.length} violations`);

const broken = explore(worldModel(world(false)), { stopAt: () => true });
const [violation] = broken.violations;
console.log(`${broken.name}: ${violation?.message}`);
for (const [index, step] of violation?.steps.entries() ?? []) console.log(`  ${index + 1}. ${step}`);

const report = runSim(
  {
    kernel: 'courier',
    configurations: [],
    mutants: [],
    simulation: {
      world: {
        ...world(true),
        calls: [{ label: 'post', node: 0, part: 0, times: 200, event: () => ({ type: 'post' }) }],
      },
      faults: { drop: 0.2, duplicate: 0.2, reorder: 0.2, clog: 2, cutBothWays: 2, lateTimer: 0.1 },
      missing: (view) => {
        const { delivered } = view.monitor<{ delivered: number }>(0);
        return delivered === view.issued(0) ? undefined : `${view.issued(0) - delivered} letters are missing`;
      },
    },
  },
  { seed: 7, runs: 50 },
);
const lost = report.faults.drop ?? 0;
console.log(
  `${report.runs} histories, ${report.messages} messages, ${lost} lost: ${report.violations.length} violations`,
);
