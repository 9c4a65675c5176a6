import { type ParityKernel, restoreMembers } from '@holdfast/raid';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { bytesPerCpuSecond } from '../load/repeat.ts';
import { sharedPages } from '../ours/shared-pages.ts';
import { isaL } from '../peers/isa-l.ts';

const data = 4;
/** In cache: small enough for the second-level cache with all members. Out of it: above any cache. */
const sizes = {
  'in cache': { slotBytes: 64 << 10, groups: 1 },
  'out of cache': { slotBytes: 4 << 20, groups: 12 },
} as const;
type Place = keyof typeof sizes;

interface GroupWork {
  readonly parities: number;
  run(kernel: ParityKernel, slots: readonly number[], p: number, q: number, bytes: number): void;
}

/** The same walk over the groups as that of the C program: data slots first, parities behind them. */
function encoding(budget: Budget, place: Place, { parities, run }: GroupWork): Sample {
  const { slotBytes, groups } = sizes[place];
  const groupBytes = slotBytes * (data + parities);
  const { kernel } = sharedPages(groupBytes * groups);
  const slots = Array.from({ length: groups }, (_, group) =>
    Array.from({ length: data }, (_, slot) => group * groupBytes + slot * slotBytes),
  );
  return bytesPerCpuSecond(budget, slotBytes * data, (turn) => {
    const group = turn % groups;
    const p = group * groupBytes + data * slotBytes;
    run(kernel, slots[group]!, p, p + slotBytes, slotBytes);
  });
}

const xor: GroupWork = { parities: 1, run: (kernel, slots, p, _, bytes) => kernel.xor(p, slots, bytes) };
const pq: GroupWork = { parities: 2, run: (kernel, slots, p, q, bytes) => kernel.second.pq(p, q, slots, bytes) };
const restore: GroupWork = {
  parities: 2,
  run: (kernel, slots, p, q, bytes) => restoreMembers(kernel, { data: slots, p, q }, [1, 2], bytes),
};

const contender = (name: string, place: Place, work: GroupWork): Contender => ({
  name,
  round: async (budget) => encoding(budget, place, work),
});

/** Bytes of data encoded per second of CPU. */
const encoded = (place: Place, code: 'xor' | 'pq', min: number): Question => {
  const peer = isaL({ code, data, ...sizes[place] });
  return {
    name: `${code === 'xor' ? 'XOR 4+1' : 'P+Q 4+2'} ${place}`,
    unit: 'GB/CPU-s',
    better: 'higher',
    ours: contender('ours', place, code === 'xor' ? xor : pq),
    peers: [peer],
    verdicts: [{ measure: 'ratio', against: [peer.name], min }],
  };
};

/** Bytes of data of a group, over the CPU time that it takes to make two of its members again. */
const restored = (place: Place): Question => {
  const peer = contender('our own encoding', place, pq);
  return {
    name: `two data slots of 4+2 restored ${place}`,
    unit: 'GB/CPU-s',
    better: 'higher',
    ours: contender('ours', place, restore),
    peers: [peer],
    verdicts: [{ measure: 'ratio', against: [peer.name] }],
  };
};

export const parity: readonly Question[] = [
  encoded('in cache', 'xor', 0.9),
  encoded('out of cache', 'xor', 0.9),
  encoded('in cache', 'pq', 0.5),
  encoded('out of cache', 'pq', 0.9),
  restored('in cache'),
  restored('out of cache'),
];
