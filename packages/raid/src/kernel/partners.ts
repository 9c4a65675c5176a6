import type { Decoder, Encoder } from '@holdfast/kernel';
import { type MjEntry, type Peer, parityPeers } from './journal.ts';

/** What a parity IOM said of an update when it was heard again. */
export const verdicts = ['unheard', 'absent', 'bad', 'good'] as const;
export type Verdict = (typeof verdicts)[number];

/** One of the parity IOMs of an update, that of P first and that of Q where the group has one, and how far it is there. */
export interface Partner {
  readonly peer: Peer;
  verdict: Verdict;
  /** ios_updatepn is under way, or arrived. */
  sent: boolean;
  deltaHeld: boolean;
  /** Its journal entry and its block are durable. */
  hardened: boolean;
  /** "Data hardened" was said since the link came up. */
  told: boolean;
  /** It was asked for the difference. */
  recalled: boolean;
}

export const freshPartners = (entry: MjEntry): Partner[] =>
  parityPeers(entry).map((peer) => ({
    peer,
    verdict: 'unheard',
    sent: false,
    deltaHeld: false,
    hardened: false,
    told: false,
    recalled: false,
  }));

interface WithPartners {
  readonly partners: readonly Partner[];
}

export const partnerOf = ({ partners }: WithPartners, peer: Peer): Partner | undefined =>
  partners.find((partner) => partner.peer === peer);

/** The partner has the update whole. */
export function markHardened(partner: Partner): void {
  partner.hardened = true;
  partner.sent = true;
}

/** The power of the generator that a parity IOM counts a change of the slot with; undefined where it counts it once. */
export const powerAt = ({ second, slot }: MjEntry, peer: Peer): number | undefined =>
  peer === second ? slot : undefined;

export function encodePartner(
  { peer, verdict, sent, deltaHeld, hardened, told, recalled }: Partner,
  to: Encoder,
): void {
  to.uint(peer);
  to.uint(verdicts.indexOf(verdict));
  to.flag(sent);
  to.flag(deltaHeld);
  to.flag(hardened);
  to.flag(told);
  to.flag(recalled);
}

export const decodePartner = (from: Decoder): Partner => ({
  peer: from.uint(),
  verdict: verdicts[from.uint()]!,
  sent: from.flag(),
  deltaHeld: from.flag(),
  hardened: from.flag(),
  told: from.flag(),
  recalled: from.flag(),
});
