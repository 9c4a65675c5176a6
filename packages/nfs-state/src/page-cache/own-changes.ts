import type { FileAttributes } from '../file-port.ts';
import { ownChangesMax } from '../limits.ts';

/**
 * What this client knows of a file's attributes. Its own changes lead from one change attribute to the next; where the
 * chain breaks somebody else changed the file too.
 */
export class OwnChanges {
  #change = -1;
  #sizeBytes = 0;
  #newest = -1;
  /** Own changes whose predecessor is not known yet: answers come in any order. */
  readonly #later = new Map<number, number>();

  /** As the server last said. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A change of this client was answered. */
  saw(before: number, { change, sizeBytes }: FileAttributes): void {
    if (change > this.#newest) {
      this.#newest = change;
      this.#sizeBytes = sizeBytes;
    }
    if (before === change) return;
    if (this.#later.size === ownChangesMax) this.#later.clear();
    this.#later.set(before, change);
    for (;;) {
      const after = this.#later.get(this.#change);
      if (after === undefined) return;
      this.#later.delete(this.#change);
      this.#change = after;
    }
  }

  /** The attributes were asked for; whether nobody else changed the file since they were last. */
  asked({ change, sizeBytes }: FileAttributes): boolean {
    const isKnown = change === this.#change;
    this.#change = change;
    this.#later.clear();
    // An answer to a later change of this client may have come first.
    if (change >= this.#newest) {
      this.#newest = change;
      this.#sizeBytes = sizeBytes;
    }
    return isKnown;
  }
}
