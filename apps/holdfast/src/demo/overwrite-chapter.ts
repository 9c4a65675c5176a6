import { setTimeout as pause } from 'node:timers/promises';
import { ledgerBlocks, ledgerLanes, ledgerPauseMs } from '../limits.ts';
import { contentOf, type Ledger, LedgerOracle, ledgerBlockBytes, randomNumbers } from './ledger-oracle.ts';

/** What became of the small overwrites in whose middle a node died. */
export interface OverwriteReport {
  /** Blocks of 4096 bytes of one object, overwritten again and again. */
  readonly blocks: number;
  /** Overwrites that were answered: block, parity and journal on disk. */
  readonly answered: number;
  /** Of these, after the kill. */
  readonly afterKill: number;
  /** Overwrites the node was in the middle of when it died: the change sent to the parity's node, the block not durable. */
  readonly caughtBetween: number;
  /** Blocks that came back neither as the last answered overwrite left them, nor as one that was not answered. */
  readonly different: number;
}

/** The chapter of the demo in which an object is overwritten in small pieces while everything else goes on. */
export class OverwriteChapter {
  readonly #ledger: Ledger | undefined;
  readonly #random: (below: number) => number;
  /** What its blocks may hold. */
  readonly oracle = new LedgerOracle();
  #lanes: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #hurried = false;
  #answered = 0;
  #answeredBeforeKill: number | undefined;
  #caughtBetween = 0;

  /** Without a ledger the chapter is left out. */
  constructor(ledger: Ledger | undefined, seed: number) {
    this.#ledger = ledger;
    this.#random = randomNumbers(seed);
  }

  get gfid(): string | undefined {
    return this.#ledger?.gfid;
  }

  /** Fill the object, then overwrite it until {@link finish}. */
  async begin(): Promise<void> {
    const ledger = this.#ledger;
    if (ledger === undefined) return;
    const all = new Uint8Array(ledgerBlocks * ledgerBlockBytes);
    for (let block = 0; block < ledgerBlocks; block++) {
      all.set(contentOf(block), block * ledgerBlockBytes);
      this.oracle.answered(block, block);
    }
    await ledger.write(0, all);
    this.#lanes = Promise.all(Array.from({ length: ledgerLanes }, (_, lane) => this.#overwrite(ledger, lane)));
    this.#lanes.catch(() => undefined);
  }

  /** Overwrite without pauses from now on: a node is to be caught at it. */
  hurry(): void {
    this.#hurried = true;
  }

  /** The node is dead: `caught` when it stood between "delta sent" and "hardened". */
  killed(caught: boolean): void {
    this.#answeredBeforeKill ??= this.#answered;
    if (caught) this.#caughtBetween++;
    this.#hurried = false;
  }

  /** No more overwrites. */
  async finish(): Promise<void> {
    this.#stopped = true;
    await this.#lanes;
  }

  /** Hold every block against what was answered; undefined when the chapter was left out. */
  async check(ledger: Ledger | undefined): Promise<OverwriteReport | undefined> {
    if (ledger === undefined || this.#ledger === undefined) return undefined;
    const different = await this.oracle.different(ledger);
    const afterKill = this.#answered - (this.#answeredBeforeKill ?? this.#answered);
    const caughtBetween = this.#caughtBetween;
    return { blocks: ledgerBlocks, answered: this.#answered, afterKill, caughtBetween, different };
  }

  async #overwrite(ledger: Ledger, lane: number): Promise<void> {
    while (!this.#stopped) {
      const block = lane + ledgerLanes * this.#random(ledgerBlocks / ledgerLanes);
      const seed = ledgerBlocks + this.#random(2 ** 30);
      this.oracle.begin(block, seed);
      await ledger.write(block * ledgerBlockBytes, contentOf(seed));
      this.oracle.answered(block, seed);
      this.#answered++;
      if (!this.#hurried) await pause(ledgerPauseMs);
    }
  }
}
