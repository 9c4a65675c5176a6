import type { DataUpdate } from '../kernel/data-state.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import type { JournalId } from '../kernel/journal.ts';
import type { ProxyRequest } from '../kernel/proxy-messages.ts';
import type { Urgency } from '../store/group-commit.ts';

/** Whether it is known what becomes of an update. */
export const isDecided = ({ stage }: DataUpdate): boolean => stage === 'updating' || stage === 'preparing';

/** How tough an update is now. */
export function levelOf({ stage, journaled, hardened, partners }: DataUpdate): Toughness {
  if (stage !== 'updating') return 0;
  if (journaled && hardened && partners.every((partner) => partner.hardened)) return 2;
  return partners.every((partner) => partner.deltaHeld || partner.hardened) ? 1 : 0;
}

/** The update whose block or entry a request hardens. */
export function hardenedUpdate(request: ProxyRequest): JournalId | undefined {
  if (request.type === 'harden') return request.id;
  return request.type === 'journal' && request.entry.type === 'mj' ? request.entry.mj : undefined;
}

/** A write that was answered before it is on the disk is in no hurry to be there. */
export const urgencyOf = (update: DataUpdate | undefined): Urgency =>
  update !== undefined && update.toughness < 2 ? 'soon' : 'now';
