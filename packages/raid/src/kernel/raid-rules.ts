import { type Decision, decisionAlone, decisionOf } from './decision-table.ts';
import type { Toughness } from './iom-messages.ts';
import { decisionOfTwo } from './two-parity-table.ts';

/** How far one half of an update is: its journal entry and its block, on disk. */
export interface Half {
  readonly journaled: boolean;
  readonly hardened: boolean;
}

/**
 * The decisions that make the data and parity kernels right, by name. Production code runs {@link raidRules}; the seeded
 * bugs of the verification suite each replace one, and every one of them must be caught.
 */
export interface RaidRules {
  /** Law L1: whether "data hardened" may be said; `others` where the other parity of the group, if any, is hardened. */
  mayTellData(half: Half, others: boolean): boolean;
  /** Law L1 and L4: whether "parity hardened" may be said; `first` where every earlier update of the block may be. */
  mayTellParity(half: Half, first: boolean): boolean;
  /** Law L2: whether the data IOM may end its entry; `first` where no earlier update of the block is open. */
  mayCompleteData(half: Half, parityHardened: boolean, first: boolean): boolean;
  /** Laws L2 and L4: whether the parity IOM may; `first` where no earlier update of the block is open. */
  mayCompleteParity(half: Half, dataHardened: boolean, first: boolean): boolean;
  /** Whether a caller of this toughness is answered. */
  mayAnswer(toughness: Toughness, half: Half, deltaHeld: boolean, parityHardened: boolean): boolean;
  /** How tough a write has to be that is to be `asked`, where no parity IOM holds it as well. */
  toughnessAlone(asked: Toughness): Toughness;
  /** L5: whether a write waits while the block has an open one. */
  waitsForBlock(): boolean;
  /** Whether a write waits until its parity IOM said what it has open. */
  waitsForPeer(): boolean;
  /** Whether an address is usable only after the entry that gives it up is durable (I10). */
  retiresDurably(): boolean;
  /** Whether all parity IOMs of an update are as far as a step needs it. */
  agree(step: AgreedStep, each: readonly boolean[]): boolean;
  /** Whether the power of the slot counts where a change is merged: into Q, or from Q into a data block. */
  scales(side: 'data' | 'parity'): boolean;
  /** Whether a parity IOM that lacks an update gets it again where the other one has it. */
  completesPair(): boolean;
  /** What becomes of a write, by its row of the decision table for so many parities. */
  decide(row: number, parities: number): Decision;
  /** Whether a block is held against the checksum in its entry. */
  verifies(half: 'data' | 'parity'): boolean;
  /** Whether the data IOM takes an update that it does not know over from the copy of mj in pj. */
  adopts(): boolean;
  /** Whether an update is completed that the data IOM ended before. */
  isEnded(seq: number, blockSeq: number): boolean;
  /** Whether a block that was read before its last update is no base for a write in the place of its data IOM. */
  isOutdated(): boolean;
  /** Whether an update that the parity IOM did not have hardened is sent again when it comes back. */
  sendsAgain(deltaHeld: boolean): boolean;
  /** Whether a data IOM that comes back after the parity IOM was away says "data hardened" again. */
  tellsAgain(): boolean;
  /** Whether a request that was carried out before is only answered. */
  isRetry(request: number, applied: number): boolean;
  /** Number of the first entry in a life of an I/O manager. */
  firstEntry(incarnation: number): number;
  /** Whether a parity update that is merged already is left alone. */
  isMerged(seq: number, merged: number): boolean;
  /** Whether the parity IOM waits until its writes ended before it says what it has open. */
  settlesFirst(): boolean;
  /** Whether the parity IOM keeps what it held for a data IOM that stopped. */
  keepsHeld(): boolean;
  /** Law L4: whether a parity update starts from the one before it, finished or not. */
  chains(): boolean;
  /** Whether parity behind a lost update is lost with it. */
  cutsChain(): boolean;
}

/** What a data IOM waits for both parity IOMs with: an answer at toughness 1 or 2, an end, "data hardened". */
export type AgreedStep = 'hold' | 'answer' | 'complete' | 'tell';

/** Entries of one life of an I/O manager: more than it can write. */
export const entriesPerLife = 2 ** 32;

export const raidRules: RaidRules = {
  mayTellData: ({ journaled, hardened }, others) => journaled && hardened && others,
  mayTellParity: ({ journaled, hardened }, first) => journaled && hardened && first,
  mayCompleteData: ({ journaled, hardened }, parityHardened, first) => journaled && hardened && parityHardened && first,
  mayCompleteParity: ({ journaled, hardened }, dataHardened, first) => journaled && hardened && dataHardened && first,
  mayAnswer(toughness, { journaled, hardened }, deltaHeld, parityHardened) {
    if (toughness === 0) return true;
    if (toughness === 1) return deltaHeld || parityHardened;
    return journaled && hardened && parityHardened;
  },
  toughnessAlone: (asked) => (asked === 1 ? 2 : asked),
  waitsForBlock: () => true,
  waitsForPeer: () => true,
  retiresDurably: () => true,
  agree: (_, each) => each.every(Boolean),
  scales: () => true,
  completesPair: () => true,
  decide: (row, parities) => [decisionAlone, decisionOf, decisionOfTwo][parities]!(row),
  verifies: () => true,
  adopts: () => true,
  isEnded: (seq, blockSeq) => seq <= blockSeq,
  isOutdated: () => true,
  sendsAgain: () => true,
  tellsAgain: () => true,
  isRetry: (request, applied) => request <= applied,
  firstEntry: (incarnation) => incarnation * entriesPerLife + 1,
  isMerged: (seq, merged) => seq <= merged,
  settlesFirst: () => true,
  keepsHeld: () => true,
  chains: () => true,
  cutsChain: () => true,
};
