import { processCpuNs } from '../harness/cpu.ts';
import type { Contender, Question } from '../harness/question.ts';
import { textOf } from '../load/keys.ts';
import { withCoherentNodes } from '../ours/coherent-cluster.ts';
import { RedisConnection, RedisServer } from '../peers/redis.ts';

const callsPerLook = 256;

const ours = (name: string, what: 'peek' | 'get'): Contender => ({
  name,
  round: ({ warmUpMs, measureMs }) =>
    withCoherentNodes(1, async (node) => {
      await node(0).hits({ what, ms: warmUpMs });
      const ns = await node(0).hits({ what, ms: measureMs });
      return { value: ns, cpuNs: ns };
    }),
});

const plainMap: Contender = {
  name: 'Map.get',
  round: async ({ warmUpMs, measureMs }) => {
    const map = new Map(Array.from({ length: 1000 }, (_, key) => [key - 500, { n: 1, text: textOf(1) }]));
    let sum = 0;
    const run = (ms: number): number => {
      const untilMs = performance.now() + ms;
      let calls = 0;
      for (; performance.now() < untilMs; calls += callsPerLook) {
        for (let call = 0; call < callsPerLook; call++) sum += map.get(-2)!.n;
      }
      return calls;
    };
    run(warmUpMs);
    const before = processCpuNs();
    const calls = run(measureMs);
    const ns = (processCpuNs() - before) / calls;
    if (sum === 0) throw new Error('nothing was read');
    return { value: ns, cpuNs: ns };
  },
};

/** One GET at a time on a Unix socket: wall time, as its caller waits. */
const redisGet: Contender = {
  name: 'redis GET',
  round: async ({ warmUpMs, measureMs }) => {
    await using server = await RedisServer.start();
    const connection = await RedisConnection.open(server.socket);
    await connection.call('SET', 'k', textOf(1));
    const run = async (ms: number): Promise<number> => {
      const untilMs = performance.now() + ms;
      let calls = 0;
      for (; performance.now() < untilMs; calls++) await connection.call('GET', 'k');
      return calls;
    };
    await run(warmUpMs);
    const startedMs = performance.now();
    const cpuBefore = processCpuNs() + server.cpuNs();
    const calls = await run(measureMs);
    const ns = ((performance.now() - startedMs) * 1e6) / calls;
    const cpuNs = (processCpuNs() + server.cpuNs() - cpuBefore) / calls;
    connection.close();
    return { value: ns, cpuNs };
  },
};

/** Nanoseconds of the calling thread for a call that finds what it wants here. */
export const hits: readonly Question[] = [
  {
    name: 'peek of a valid copy',
    unit: 'ns',
    better: 'lower',
    ours: ours('ours', 'peek'),
    peers: [plainMap],
    verdicts: [
      { measure: 'value', against: [], max: 100 },
      { measure: 'ratio', against: [plainMap.name] },
    ],
    roundsMax: 5,
  },
  {
    name: 'get and put, hit',
    unit: 'ns',
    better: 'lower',
    ours: ours('ours', 'get'),
    peers: [redisGet],
    verdicts: [
      { measure: 'value', against: [], max: 1000 },
      { measure: 'ratio', against: [redisGet.name], max: 1 / 20 },
    ],
    roundsMax: 5,
  },
];
