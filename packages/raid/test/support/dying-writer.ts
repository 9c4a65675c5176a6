/*
 * A process that is made to be killed. It opens the array in a directory and prints one line for each call, before it
 * is made and after it was acknowledged: `begin KEY SEED BYTES`, `acked KEY SEED BYTES` (BYTES -1: removed).
 *
 * argv: directory, seed, how many requests of the array pass before the process kills itself (-1: it waits to be killed),
 * how many members the array has (default 4), and the technique of its objects (default: the array's).
 */
import { writeSync } from 'node:fs';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { Technique } from '../../src/layout/technique.ts';
import { LocalHost } from './local-host.ts';
import { bytesOf } from './objects.ts';

const [directory = '', seedText = '1', requestsText = '-1', membersText = '4', technique] = process.argv.slice(2);
const requests = Number(requestsText);
let state = (Math.imul(Number(seedText), 0x9e3779b1) ^ 0x5bd1e995) | 1;
const random = (below: number) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const say = (line: string) => writeSync(1, `${line}\n`);

const host = new LocalHost(
  directory,
  Array.from({ length: Number(membersText) }, (_, member) => member),
);
const array = await RaidArray.openOn(host, {});
say('open');
let seen = 0;
host.beforeRequest = () => {
  if (seen++ === requests) process.kill(process.pid, 'SIGKILL');
};

const lane = async (name: string) => {
  for (let call = 0; call < 10_000; call++) {
    const key = `${name}/${random(4)}`;
    const seed = random(1_000_000);
    if (random(5) === 0) {
      say(`begin ${key} ${seed} -1`);
      await array.remove(key);
      say(`acked ${key} ${seed} -1`);
    } else {
      const bytes = random(3) === 0 ? random(300_000) : random(9000);
      say(`begin ${key} ${seed} ${bytes}`);
      await array.put(key, bytesOf(bytes, seed), { technique: technique as Technique | undefined });
      say(`acked ${key} ${seed} ${bytes}`);
    }
  }
};
await Promise.all(['a', 'b', 'c'].map(lane));
