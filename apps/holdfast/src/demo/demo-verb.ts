import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Streams } from '../streams.ts';
import { silentStream } from '../terminal/silent-stream.ts';
import { Terminal } from '../terminal/terminal.ts';
import { Timeline } from '../terminal/timeline.ts';

export interface DemoArguments {
  readonly directory: string;
  readonly nodes: number;
  readonly seed?: number;
  readonly exclude?: readonly string[];
  readonly storage?: string;
  readonly keep?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** `holdfast demo`: says at once what it is going to do, then loads what it needs to do it. */
export async function runDemoVerb(given: DemoArguments, streams: Streams): Promise<number> {
  const terminal = new Terminal(given.json ? silentStream() : streams.stdout);
  const directory = resolve(given.directory);
  const seed = given.seed ?? randomInt(2 ** 31);
  terminal.line(`${terminal.style('bold', 'holdfast demo')}  ${directory}  ${terminal.style('dim', `seed ${seed}`)}`);
  terminal.line();
  const timeline = new Timeline(terminal, performance.now());

  const { performDemo } = await import('./perform-demo.ts');
  const { exclude = [], storage = tmpdir(), keep = false, verbose = false, json = false } = given;
  const { nodes } = given;
  return performDemo({ directory, nodes, seed, exclude, storage, keep, verbose, json }, streams, terminal, timeline);
}
