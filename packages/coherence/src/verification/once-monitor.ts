import { type Monitor, monitor, type Observation } from '@holdfast/simulation';
import type { ViewNotice, ViewResult } from '../kernel/view-types.ts';
import type { HostEvent } from './view-host.ts';

const phases = ['none', 'asked', 'done', 'twice', 'done, but not said', 'said, but not done', 'dead'] as const;
type Phase = (typeof phases)[number];

/** The open call of a node that must be done once at most. Of a node that died nobody hears. */
interface Once {
  readonly phase: Phase;
  /** Where it was done; what an operation wrote there may have died with that node. */
  readonly at: number;
  /** The value an operation wrote, 0 for none. */
  readonly next: number;
}

const nothing: Once = { phase: 'none', at: -1, next: 0 };

const broken: Partial<Record<Phase, string>> = {
  twice: 'an execute or a remove was done twice',
  'done, but not said': 'a remove that was done was answered: absent',
  'said, but not done': 'an execute or a remove that was not done was answered: done',
};

const begun = (value: unknown): boolean => {
  const type = (value as Extract<HostEvent, { type: 'object' }>).event?.type;
  return type === 'remove' || type === 'execute';
};

function answered(once: Once, { outcome }: ViewResult['result']): Once {
  if (once.phase !== 'asked' && once.phase !== 'done') return once;
  if (outcome === 'absent' && once.phase === 'done') return { ...once, phase: 'done, but not said' };
  const isDone = outcome === 'done' || outcome === 'executed';
  return isDone && once.phase === 'asked' ? { ...once, phase: 'said, but not done' } : nothing;
}

function removed(once: Once, at: number): Once {
  if (once.phase === 'asked') return { ...once, phase: 'done', at };
  return once.phase === 'done' ? { ...once, phase: 'twice' } : once;
}

/** What an operation wrote may have gone with the node it was run on. Where it has not, it is not run again. */
function run(once: Once, at: number, payload: number, dead: boolean): Once {
  if (once.phase === 'asked') return { phase: 'done', at, next: 0 };
  if (once.phase !== 'done') return once;
  return dead && (once.next === 0 || payload !== once.next)
    ? { phase: 'done', at, next: 0 }
    : { ...once, phase: 'twice' };
}

function see(state: Once[], { kind, node, number, value }: Observation): void {
  const isDead = state[node]!.phase === 'dead';
  if (kind === 'crash') state[node] = { ...nothing, phase: 'dead' };
  else if (kind === 'call' && begun(value) && !isDead) state[node] = { ...nothing, phase: 'asked' };
  else if (kind === 'reply') state[node] = answered(state[node]!, (value as ViewResult).result);
  else if (kind === 'trace' && value === 'removed') state[number] = removed(state[number]!, node);
  else if (kind === 'trace' && value === 'written') {
    for (const [asker, once] of state.entries()) {
      if (once.phase === 'done' && once.at === node && once.next === 0) state[asker] = { ...once, next: number };
    }
  } else if (kind === 'deliver') {
    const notice = value as ViewNotice;
    if (notice.type !== 'object' || notice.notice.type !== 'run') return;
    const { node: asker, payload } = notice.notice;
    const { at } = state[asker]!;
    state[asker] = run(state[asker]!, node, payload, at >= 0 && state[at]!.phase === 'dead');
  }
}

/** An execute or remove of a node that lives is done once at most, through deaths of others, and its answer is true. */
export const onceMonitor = (nodes: number): Monitor =>
  monitor<Once[]>({
    name: 'what must be done once at most',
    watches: ['call', 'trace', 'deliver', 'reply', 'crash'],
    initial: () => new Array<Once>(nodes).fill(nothing),
    observe: see,
    encode: (state, into) =>
      into.list(state, ({ phase, at, next }, to) => {
        to.uint(phases.indexOf(phase));
        to.int(at);
        to.int(next);
      }),
    decode: (from) => from.list((each) => ({ phase: phases[each.uint()]!, at: each.int(), next: each.int() })),
    violation: (state) => state.map(({ phase }) => broken[phase]).find((each) => each !== undefined),
  });
