/** Things found in one look; further ones of the same place are in a map. */
const places = 256;

/**
 * Things by number, where most live shortly and have numbers near each other: a map would be grown and cleaned all the
 * time. No number is 0.
 */
export class Numbered<Thing> {
  readonly #numbers = new Float64Array(places);
  readonly #things: (Thing | undefined)[] = new Array<Thing | undefined>(places).fill(undefined);
  readonly #others = new Map<number, Thing>();

  get(number: number): Thing | undefined {
    const place = number & (places - 1);
    if (this.#numbers[place] === number) return this.#things[place];
    return this.#others.size === 0 ? undefined : this.#others.get(number);
  }

  set(number: number, thing: Thing): void {
    const place = number & (places - 1);
    const there = this.#numbers[place];
    if (there !== number && there !== 0) {
      this.#others.set(number, thing);
      return;
    }
    // One of this number among the others would come back when this one goes.
    if (there === 0 && this.#others.size > 0) this.#others.delete(number);
    this.#numbers[place] = number;
    this.#things[place] = thing;
  }

  /** What was there. */
  take(number: number): Thing | undefined {
    const place = number & (places - 1);
    if (this.#numbers[place] === number) {
      const thing = this.#things[place];
      this.#numbers[place] = 0;
      this.#things[place] = undefined;
      return thing;
    }
    if (this.#others.size === 0) return undefined;
    const thing = this.#others.get(number);
    this.#others.delete(number);
    return thing;
  }
}
