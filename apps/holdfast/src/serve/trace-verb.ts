import { resolve } from 'node:path';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { columns } from '../terminal/columns.ts';
import { Terminal } from '../terminal/terminal.ts';
import { ask } from './control-client.ts';
import type { ObjectArguments } from './object-arguments.ts';

export interface TraceArguments extends ObjectArguments {
  readonly toughness: 0 | 1 | 2;
  readonly technique: 'parity' | 'mirror';
}

const Step = z.object({
  atMs: z.number(),
  node: z.string(),
  role: z.enum(['caller', 'data', 'parity']),
  step: z.string(),
});
type Step = z.infer<typeof Step>;
const Ended = z.object({ toughness: z.int(), technique: z.string(), degraded: z.boolean() });

/** `holdfast trace`: makes one small overwrite of a store that is served, and shows its steps as Fig. 15 does. */
export async function runTraceVerb(given: TraceArguments, streams: Streams): Promise<number> {
  const json = given.json ?? false;
  try {
    const { toughness, technique } = given;
    const answer = ask(resolve(given.store), { verb: 'trace', toughness, technique });
    const steps: Step[] = [];
    let next = await answer.next();
    for (; !next.done; next = await answer.next()) steps.push(Step.parse(next.value));
    const ended = Ended.parse(next.value);
    if (json) streams.stdout.write(`${JSON.stringify({ ...ended, steps }, undefined, 2)}\n`);
    else showTrace(new Terminal(streams.stdout), ended, steps);
    return exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}

function showTrace(terminal: Terminal, { toughness, technique, degraded }: z.infer<typeof Ended>, steps: Step[]): void {
  const nodeOf = (role: Step['role']) => steps.find((step) => step.role === role)?.node ?? 'not there';
  const how = degraded ? ', degraded: one of the two is down' : '';
  terminal.line(`512 bytes of a block overwritten at toughness ${toughness}, technique ${technique}${how}`);
  terminal.line();
  const heads = ['µs', 'caller', `data IOM ${nodeOf('data')}`, '', `parity IOM ${nodeOf('parity')}`];
  const rows = steps.map(({ atMs, role, step }) => {
    const cell = (wanted: Step['role']) => (role === wanted ? step : '');
    return [(atMs * 1000).toFixed(0), cell('caller'), cell('data'), arrows.get(step) ?? '', cell('parity')];
  });
  const reply = `reply at toughness ${toughness}`;
  for (const [index, line] of columns([heads, ...rows], [0]).entries()) {
    const isReply = steps[index - 1]?.step === reply;
    terminal.line(isReply ? terminal.style(['bold', 'green'], `${line.trimEnd()}   ◀ answered here`) : line.trimEnd());
  }
}

/** Which way the message of a step goes between the two. */
const arrows: ReadonlyMap<string, string> = new Map([
  ['d7 ios_updatepn', '──▶'],
  ['p5 delta held', '◀──'],
  ['d13 data hardened', '──▶'],
  ['p8 parity hardened', '◀──'],
]);
