import { resolve } from 'node:path';
import type { ArrayEvent } from '@holdfast/raid';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import { Interrupt } from '../interrupt.ts';
import type { Streams } from '../streams.ts';
import { Terminal } from '../terminal/terminal.ts';
import { Timeline } from '../terminal/timeline.ts';
import { arrayEventLine, eventLine } from './event-line.ts';
import { ServedStore, type ServeOptions } from './served-store.ts';

export interface UpArguments extends ServeOptions {
  readonly directory: string;
  readonly json?: boolean;
}

/** `holdfast up`: serves a store until Ctrl-C or SIGTERM. */
export async function runUpVerb(given: UpArguments, streams: Streams): Promise<number> {
  const json = given.json ?? false;
  const terminal = new Terminal(streams.stdout);
  const timeline = new Timeline(terminal, performance.now());
  const say = (text: string, event: Readonly<Record<string, unknown>>) => {
    if (json) streams.stdout.write(`${JSON.stringify(event)}\n`);
    else timeline.mark(text);
  };
  using interrupt = new Interrupt();
  try {
    const storage = resolve(given.directory);
    const onArrayEvent = (event: ArrayEvent) => say(arrayEventLine(event), { ...event, type: `array-${event.type}` });
    await using store = await ServedStore.open(storage, { ...given, onArrayEvent }, interrupt.signal);
    const { nodes, data, parity } = store.settings;
    say(`serving ${storage}: ${nodes} nodes, ${data} data + ${parity} parity · Ctrl-C stops it`, {
      type: 'serving',
      storage,
      nodes,
      data,
      parity,
      pid: process.pid,
    });
    for await (const event of store.events(interrupt.signal)) {
      const line = eventLine(event);
      if (line !== undefined) say(line, event);
    }
    say('closing', { type: 'closing' });
    await store[Symbol.asyncDispose]();
    say('closed; everything acknowledged is on disk', { type: 'closed' });
    return exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}
