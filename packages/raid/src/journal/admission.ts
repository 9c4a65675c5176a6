/** Lets work begin while there is room for it; the rest waits in order. */
export class Admission {
  readonly #roomLeft: () => number;
  readonly #waiting: (() => void)[] = [];
  /** Let in, and not begun yet. */
  #entered = 0;

  /** @param roomLeft for how much more there is room, what was let in and has not begun not counted */
  constructor(roomLeft: () => number) {
    this.#roomLeft = roomLeft;
  }

  /** Take a place, which lasts until {@link leave}; undefined when there is one at once. */
  enter(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#roomLeft() > this.#entered) {
      this.#entered++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What was let in has begun, and counts as such, or will not. */
  leave(): void {
    this.#entered--;
    this.look();
  }

  /** There may be more room than before. */
  look(): void {
    while (this.#waiting.length > 0 && this.#roomLeft() > this.#entered) {
      this.#entered++;
      this.#waiting.shift()!();
    }
  }
}
