import { Writable } from 'node:stream';

/** Swallows what is printed, for verbs that were asked for JSON and nothing else. */
export function silentStream(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
