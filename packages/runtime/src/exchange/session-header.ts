import { ProtocolError } from '@holdfast/kernel';
import type { LinkId, SessionFrame } from '../kernel/session-types.ts';
import { type TrafficClass, trafficClasses } from './types.ts';

/*
 * What stands in front of every record: one frame of the session protocol, in 26 words.
 *   0      kind in the low byte, traffic class, link, and the `answer` flag in the others
 *   1      epoch of the link that a fence is about        2  epoch of the link the record is on        3  zero
 *   4, 6   endpoints of the sender and of the receiver
 *   8..    acknowledged, limits of each class             24  sequence
 * Endpoints and sequences are safe integers, low word first.
 */
const kindAt = 0;
const linkEpochAt = 1;
const epochAt = 2;
const fromAt = 4;
const toAt = 6;
const acknowledgedAt = 8;
const limitsAt = acknowledgedAt + 2 * trafficClasses.length;
const sequenceAt = limitsAt + 2 * trafficClasses.length;
export const sessionHeaderBytes = (sequenceAt + 2) * 4;

const kinds: readonly SessionFrame['type'][] = [
  'data',
  'ack',
  'fence',
  'fenced',
  'probe',
  'probed',
  'close',
  'closed',
  'reset',
];
const twoTo32 = 2 ** 32;

/** Write `frame` in front of a record that starts at byte `start`. */
export function writeSessionHeader(words: Int32Array, start: number, frame: SessionFrame): void {
  const at = start >> 2;
  let first = kinds.indexOf(frame.type);
  words[at + linkEpochAt] = 0;
  if (frame.type === 'data') {
    first |= frame.trafficClass << 8;
    writeInteger(words, at + sequenceAt, frame.sequence);
  } else if (frame.type === 'ack') {
    if (frame.answer) first |= 1 << 24;
  } else if (frame.type === 'fence' || frame.type === 'fenced') {
    first |= frame.link << 16;
    words[at + linkEpochAt] = frame.linkEpoch;
  }
  words[at + kindAt] = first;
  words[at + epochAt] = frame.epoch;
  words[at + epochAt + 1] = 0;
  writeInteger(words, at + fromAt, frame.from);
  writeInteger(words, at + toAt, frame.to);
  for (let index = 0; index < trafficClasses.length; index++) {
    writeInteger(words, at + acknowledgedAt + 2 * index, frame.acknowledged[index] as number);
    writeInteger(words, at + limitsAt + 2 * index, frame.limits[index] as number);
  }
}

/** A frame as read from a record. One object serves a whole session: it is overwritten by the next one. */
export class ArrivedFrame {
  type: SessionFrame['type'] = 'ack';
  from = 0;
  to = 0;
  epoch = 0;
  readonly acknowledged: number[] = trafficClasses.map(() => 0);
  readonly limits: number[] = trafficClasses.map(() => 0);
  trafficClass: TrafficClass = 0;
  sequence = 0;
  handle = 0;
  link: LinkId = 0;
  linkEpoch = 0;
  answer = false;

  /**
   * Read the header of the record at byte `start`.
   * @throws ProtocolError when it is none of this version.
   */
  read(words: Int32Array, start: number): void {
    const at = start >> 2;
    const first = words[at + kindAt] as number;
    const kind = kinds[first & 0xff];
    if (kind === undefined)
      throw new ProtocolError('session', 'any', `kind ${first & 0xff}`, 'unknown to this version');
    this.type = kind;
    this.trafficClass = ((first >> 8) & 3) as TrafficClass;
    this.link = (first >> 16) & 0xff;
    this.answer = first >>> 24 !== 0;
    this.linkEpoch = (words[at + linkEpochAt] as number) >>> 0;
    this.epoch = (words[at + epochAt] as number) >>> 0;
    this.from = readInteger(words, at + fromAt);
    this.to = readInteger(words, at + toAt);
    for (let index = 0; index < trafficClasses.length; index++) {
      this.acknowledged[index] = readInteger(words, at + acknowledgedAt + 2 * index);
      this.limits[index] = readInteger(words, at + limitsAt + 2 * index);
    }
    this.sequence = readInteger(words, at + sequenceAt);
  }
}

export function writeInteger(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = value < twoTo32 ? 0 : value / twoTo32;
}

export function readInteger(words: Int32Array, at: number): number {
  const high = words[at + 1] as number;
  const low = (words[at] as number) >>> 0;
  return high === 0 ? low : high * twoTo32 + low;
}
