import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const headerBytes = 64;
const magic = 0x424c4648;

export interface LogBytes {
  /** Records alone. */
  readonly records: number;
  /** With headers, and the zeros up to the end of the page. */
  readonly written: number;
  /** The number of the log file: another one was written anew. */
  readonly file: string;
}

/** What is in the log of a drive, by the headers of its batches (docs/raid.md, "Log batch"). */
export function logBytesOf(drive: string): LogBytes {
  const file = readdirSync(drive).find((name) => name.startsWith('log-'));
  if (file === undefined) throw new Error(`${drive} has no log`);
  const bytes = readFileSync(join(drive, file));
  let [at, records] = [0, 0];
  while (at + headerBytes <= bytes.length && bytes.readUInt32LE(at) === magic) {
    records += bytes.readUInt32LE(at + 36) - headerBytes;
    at += bytes.readUInt32LE(at + 4);
  }
  return { records, written: at, file };
}
