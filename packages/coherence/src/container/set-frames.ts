import {
  type Reader,
  readByte,
  readNumber,
  readString,
  type Writer,
  writeByte,
  writeNumber,
  writeString,
} from '@holdfast/runtime/internals';
import { HoldfastError, type MemberSlot } from '@holdfast/runtime/service';
import { z } from 'zod';
import type { Report, Verdict, ViewMessage } from '../kernel/view-types.ts';
import { type MapKey, readKey, writeKey } from './key-form.ts';
import { type Payload, readMessage, type TakePayload, writeMessage } from './message-form.ts';

const types = ['OBJECT', 'MARKER', 'REPORT', 'VERDICT'] as const;

/** No node is named first for the key: its place follows from its hash. */
const noHome = 127;

/** The node that a definition names for a key, which members without the definition cannot know. */
export interface Homes {
  homeOf(key: MapKey): MemberSlot | undefined;
  learnHome(key: MapKey, home: MemberSlot): void;
}

const key = z.union([z.number(), z.string()]);
const report = z.object({
  key,
  role: z.enum(['owner', 'copy', 'trace', 'none']),
  exists: z.boolean(),
  lost: z.boolean(),
  version: z.number(),
  incarnation: z.number(),
  shadowAt: z.int(),
  shadow: z.number(),
  home: z.int(),
});
const verdict = z.object({
  key,
  owner: z.int(),
  exists: z.boolean(),
  lost: z.boolean(),
  survived: z.boolean(),
  version: z.number(),
  incarnation: z.number(),
  copyset: z.array(z.int()),
  rmset: z.array(z.int()),
  shadowAt: z.int(),
  home: z.int(),
});
const reports = z.object({ items: z.array(report), last: z.boolean() });
const verdicts = z.object({ items: z.array(verdict), last: z.boolean() });

/** Write what one member of a set says to another, and what the payload of a message about an object stands for. */
export function writeSetMessage(to: Writer, message: ViewMessage, homes: Homes, payload: Payload | undefined): void {
  writeByte(to, types.indexOf(message.type));
  writeNumber(to, message.epoch);
  switch (message.type) {
    case 'OBJECT':
      writeByte(to, homes.homeOf(message.key) ?? noHome);
      writeKey(to, message.key);
      writeMessage(to, message.message, payload);
      break;
    case 'REPORT':
      writeString(
        to,
        JSON.stringify({ items: message.reports.map((each) => withHome(homes, each)), last: message.last }),
      );
      break;
    case 'VERDICT':
      writeString(
        to,
        JSON.stringify({ items: message.verdicts.map((each) => withHome(homes, each)), last: message.last }),
      );
      break;
    case 'MARKER':
      writeNumber(to, message.since);
      break;
  }
}

const withHome = (homes: Homes, each: { readonly key: MapKey }) => ({
  ...each,
  home: homes.homeOf(each.key) ?? noHome,
});

/** The epoch of a message, without reading it. */
export function peekEpoch(from: Reader): number {
  const { at } = from;
  readByte(from);
  const epoch = readNumber(from);
  from.at = at;
  return epoch;
}

/**
 * Read what {@link writeSetMessage} wrote; `take` makes the handle of a payload.
 * @throws CodecError, HoldfastError (HF_CODEC) for what is no message.
 */
export function readSetMessage(from: Reader, homes: Homes, take: TakePayload): ViewMessage {
  const type = types[readByte(from)];
  const epoch = readNumber(from);
  switch (type) {
    case 'OBJECT': {
      const home = readByte(from);
      const name = readKey(from);
      if (home !== noHome) homes.learnHome(name, home);
      return { type, epoch, key: name, message: readMessage(from, take) };
    }
    case 'MARKER':
      return { type, epoch, since: readNumber(from) };
    case 'REPORT': {
      const { items, last } = reports.parse(JSON.parse(readString(from)));
      learnHomes(homes, items);
      return { type, epoch, reports: items satisfies Report[], last };
    }
    case 'VERDICT': {
      const { items, last } = verdicts.parse(JSON.parse(readString(from)));
      learnHomes(homes, items);
      return { type, epoch, verdicts: items satisfies Verdict[], last };
    }
    default:
      throw new HoldfastError('HF_CODEC', 'A message about a container is not one.', {
        hint: 'Run the same release on every member.',
      });
  }
}

function learnHomes(homes: Homes, items: readonly { readonly key: MapKey; readonly home: number }[]): void {
  for (const each of items) if (each.home !== noHome) homes.learnHome(each.key, each.home);
}
