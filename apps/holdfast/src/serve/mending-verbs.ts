import { resolve } from 'node:path';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { showBytes } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { printable } from '../tree/name.ts';
import { type Ask, ask, askOnce } from './control-client.ts';
import type { ObjectArguments } from './object-arguments.ts';

const Progress = z.object({
  objects: z.number(),
  groups: z.number(),
  bytesRead: z.number(),
  repairedSlots: z.number(),
  repairedBytes: z.number(),
  lostGroups: z.number(),
  rangeObjects: z.number(),
});

const Slot = z.object({ slot: z.number(), node: z.string(), why: z.string() });
const Lost = z.object({
  key: z.string(),
  groups: z.array(z.object({ group: z.number(), start: z.number(), bytes: z.number(), slots: z.array(Slot) })),
});
export const MendingReport = Progress.extend({ lost: z.array(Lost) });
type MendingReport = z.infer<typeof MendingReport>;

/** `holdfast scrub`: reads everything that is stored whole, restores what is damaged, and names what is gone. */
export function runScrubVerb(given: ObjectArguments, streams: Streams): Promise<number> {
  return mending({ verb: 'scrub' }, given, streams);
}

/** `holdfast rehome`: gives what dead nodes held to spare nodes of each object. */
export function runRehomeVerb(given: ObjectArguments, streams: Streams): Promise<number> {
  return mending({ verb: 'rehome' }, given, streams);
}

/** `holdfast rebuild NODE`: fills the drive of a node with what it should hold. */
export function runRebuildVerb(node: string, given: ObjectArguments, streams: Streams): Promise<number> {
  return mending({ verb: 'rebuild', node }, given, streams);
}

/** `holdfast replace NODE`: gives a node an empty drive in the place of the one it has or had, and fills it. */
export async function runReplaceVerb(node: string, given: ObjectArguments, streams: Streams): Promise<number> {
  try {
    const answer = await askOnce(resolve(given.store), { verb: 'replace', node });
    const { aside } = z.object({ aside: z.string().optional() }).parse(answer);
    if (given.json !== true) {
      const terminal = new Terminal(streams.stdout);
      terminal.line(`${node} has an empty drive`);
      if (aside !== undefined) terminal.line(`the one it had is ${printable(Buffer.from(aside))}`);
    }
  } catch (error) {
    return reportFailure(streams, error, given.json ?? false);
  }
  return mending({ verb: 'rebuild', node }, given, streams);
}

async function mending(request: Ask, given: ObjectArguments, streams: Streams): Promise<number> {
  const json = given.json ?? false;
  const terminal = new Terminal(streams.stdout);
  try {
    const answer = ask(resolve(given.store), request);
    let step = await answer.next();
    for (; !step.done; step = await answer.next()) {
      const { objects, bytesRead, repairedBytes } = Progress.parse(step.value);
      if (!json) {
        terminal.line(`${objects} objects, ${showBytes(bytesRead)} read, ${showBytes(repairedBytes)} written anew`);
      }
    }
    const report = MendingReport.parse(step.value);
    if (json) streams.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else for (const line of reportLines(report)) terminal.line(line);
    return report.lostGroups > 0 ? exitCodes.failed : exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}

function* reportLines(report: MendingReport): Generator<string, void, undefined> {
  const { objects, groups, repairedSlots, repairedBytes, lost, lostGroups } = report;
  yield `${objects} objects in ${groups} groups; ${repairedSlots} slots (${showBytes(repairedBytes)}) written anew`;
  for (const { key, groups: gone } of lost) {
    for (const { group, start, bytes, slots } of gone) {
      const where = slots.map(({ slot, node, why }) => `slot ${slot} on ${node} ${why}`).join(', ');
      yield `✗ ${printable(Buffer.from(key))}: bytes ${start} to ${start + bytes} (group ${group}) are gone: ${where}`;
    }
  }
  if (lostGroups > 0) yield `✗ ${lostGroups} groups have lost more than parity restores`;
}
