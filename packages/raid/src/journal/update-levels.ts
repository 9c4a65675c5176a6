import type { DataUpdate } from '../kernel/data-state.ts';
import type { Toughness } from '../kernel/iom-messages.ts';

/** Whether it is known what becomes of an update. */
export const isDecided = ({ stage }: DataUpdate): boolean => stage === 'updating' || stage === 'preparing';

/** How tough an update is now. */
export function levelOf({ stage, journaled, hardened, partners }: DataUpdate): Toughness {
  if (stage !== 'updating') return 0;
  if (journaled && hardened && partners.every((partner) => partner.hardened)) return 2;
  return partners.every((partner) => partner.deltaHeld || partner.hardened) ? 1 : 0;
}
