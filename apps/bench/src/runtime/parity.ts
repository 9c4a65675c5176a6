import { openParity, type ParityKernel } from '@holdfast/raid';
import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { copyMemory, copyTypedArray } from '../peers/memcpy.ts';

const members = 4;
/** In cache: small enough for the second-level cache with all sources and the parity. Out of it: above any cache. */
const sizes = {
  'in cache': { blockBytes: 64 << 10, groups: 1 },
  'out of cache': { blockBytes: 4 << 20, groups: 12 },
} as const;
type Place = keyof typeof sizes;

export const parity: readonly Question[] = (Object.keys(sizes) as Place[]).map((place) => {
  const peers = [copyMemory, copyTypedArray].map(
    ({ name, open }): Contender => ({
      name,
      round: async (budget) => {
        const { blockBytes, groups } = sizes[place];
        const copy = open(2 * blockBytes * groups);
        return bytesPerCpuSecond(budget, blockBytes, (turn) => {
          const at = (turn % groups) * 2 * blockBytes;
          copy(at + blockBytes, at, blockBytes);
        });
      },
    }),
  );
  return {
    name: `XOR ${members}+1 ${place}`,
    unit: 'GB/CPU-s',
    better: 'higher',
    ours: { name: 'parity', round: async (budget) => xor(budget, place) },
    peers,
    verdicts: [{ measure: 'ratio', against: peers.map((peer) => peer.name), min: place === 'in cache' ? 1.3 : 1.5 }],
  };
});

let opened: { readonly memory: WebAssembly.Memory; readonly kernel: ParityKernel } | undefined;

/** Shared memories are not freed in time: one serves all rounds. */
function sharedPages(): { readonly memory: WebAssembly.Memory; readonly kernel: ParityKernel } {
  if (opened === undefined) {
    const largest = Math.max(...Object.values(sizes).map(({ blockBytes, groups }) => blockBytes * groups));
    const memory = new WebAssembly.Memory({ initial: (largest * (members + 1)) >> 16, maximum: 65_536, shared: true });
    new Uint8Array(memory.buffer).fill(0x5a);
    opened = { memory, kernel: openParity(memory) };
  }
  return opened;
}

function xor(budget: Budget, place: Place): Sample {
  const { blockBytes, groups } = sizes[place];
  const { kernel } = sharedPages();
  if (kernel.kind !== 'simd') throw new Error('this engine refused the WebAssembly kernel');
  return bytesPerCpuSecond(budget, blockBytes * members, (turn) => {
    const at = (turn % groups) * blockBytes * (members + 1);
    const sources = Array.from({ length: members }, (_, member) => at + (member + 1) * blockBytes);
    kernel.xor(at, sources, blockBytes);
  });
}

/** Per second of CPU time, which other work on the machine disturbs less than time on the wall. */
function bytesPerCpuSecond({ warmUpMs, measureMs }: Budget, sourceBytes: number, work: (turn: number) => void): Sample {
  repeat(warmUpMs, work);
  const cpuBefore = processCpuNs();
  const turns = repeat(measureMs, work);
  const cpuNs = processCpuNs() - cpuBefore;
  return { value: (turns * sourceBytes) / cpuNs, cpuNs: cpuNs / turns };
}

function repeat(ms: number, work: (turn: number) => void): number {
  const untilMs = performance.now() + ms;
  let turns = 0;
  while (performance.now() < untilMs) work(turns++);
  return turns;
}
