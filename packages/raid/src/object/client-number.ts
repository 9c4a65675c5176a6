import { randomInt } from 'node:crypto';
import { clientsMax } from '../limits.ts';
import type { ObjectHost } from './object-host.ts';

/** A number no other client has, and the requests of this one. */
export function newClient(): Pick<ObjectHost, 'client' | 'nextRequest'> {
  let request = 0;
  return { client: randomInt(1, clientsMax), nextRequest: () => ++request };
}
