import { refuse } from './owner-turns.ts';
import type { ClientId, NfsState, Plan, Status } from './state-types.ts';

/**
 * Whether a client may get an open, a lock or a layout now (RFC 7530, 9.6.2; RFC 8881, 8.4.2.1): while a grace period runs
 * only what it had before the state was lost, and that only if whoever gave the log up named it; later nothing of that. A
 * client of NFSv4.1 says first that there is nothing more that it reclaims, also if there was nothing (18.51.3).
 */
export function mayGet({ grace, clients }: NfsState, client: ClientId, reclaims: boolean): Status {
  const { name, reclaimed, minor } = clients.get(client)!;
  if (!reclaims) return grace === undefined && (minor === 0 || reclaimed) ? 'OK' : 'GRACE';
  if (grace === undefined) return 'NO_GRACE';
  if (reclaimed) return 'NO_GRACE';
  return grace === 'all' || grace.includes(name) ? 'OK' : 'RECLAIM_BAD';
}

/** The clients that may reclaim have had a lease for it, or said that they are done. */
export const planEndGrace = ({ grace, epoch }: NfsState): Plan =>
  grace === undefined
    ? refuse('NO_GRACE')
    : { reply: { status: 'OK' }, deltas: [{ type: 'grace', epoch, clients: undefined }] };

/** Whether nobody is left who may reclaim, once `done` has said that it is done. */
export function isLastToReclaim({ grace, names, clients }: NfsState, done: ClientId): boolean {
  if (grace === undefined || grace === 'all') return false;
  return grace.every((name) => {
    const id = names.get(name);
    return id === done || (id !== undefined && clients.get(id)!.reclaimed);
  });
}
