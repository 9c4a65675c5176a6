import { NotServingError, StateDelayedError } from '../errors.ts';
import type { LocalHead } from '../head/local-head.ts';
import { ServingRight } from '../head/serving-right.ts';
import { isContentObject } from '../objects/file-objects.ts';
import type { ObjectPort } from '../objects/object-port.ts';

export interface TermOptions {
  /** The node that serves. */
  readonly node: string;
  /** Higher than that of every term before. */
  readonly epoch: number;
  /** Servers of before that are not dead and have not said that they are done: what they were about to write may come. */
  readonly others: () => boolean;
}

/**
 * The time in which one metadata server serves. Whoever stood still for too long has lost it without having noticed: so it
 * is looked at before each step that others would see, and again before an answer is given.
 */
export class ServingTerm {
  readonly epoch: number;
  /** It began while a server of before may still have been there. */
  readonly followsSilent: boolean;
  readonly #node: string;
  readonly #others: () => boolean;
  readonly #right = new ServingRight();
  #isEnded = false;
  #underWay = 0;

  constructor({ node, epoch, others }: TermOptions) {
    this.#node = node;
    this.epoch = epoch;
    this.#others = others;
    this.followsSilent = others();
  }

  /** The coordination store has answered what was sent then. */
  renew(sentAtMs: number): void {
    this.#right.renew(sentAtMs);
  }

  get isCurrent(): boolean {
    return !this.#isEnded && !this.#right.isOver(performance.now());
  }

  /** Nothing that was begun in it is under way any more. */
  get isSettled(): boolean {
    return this.#underWay === 0;
  }

  end(): void {
    this.#isEnded = true;
  }

  /** @throws NotServingError where the term is over before the work or after it. */
  async run<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    this.#assertCurrent();
    this.#underWay++;
    try {
      const answer = await work();
      this.#assertCurrent();
      return answer;
    } finally {
      this.#underWay--;
    }
  }

  /**
   * Objects as they may be used in this term. Content is written by data servers too, so that it cannot be claimed: while a
   * server of before may still write, this one writes none.
   */
  objects(objects: ObjectPort): ObjectPort {
    const alone = <Answer>(name: string, work: () => Promise<Answer>): Promise<Answer> =>
      this.run(async () => {
        if (isContentObject(name) && this.#others()) throw new StateDelayedError(`a write of ${name}`, 'DELAY');
        return work();
      });
    return {
      create: (name) => this.run(() => objects.create(name)),
      remove: (name) => this.run(() => objects.remove(name)),
      claim: (name) => this.run(() => objects.claim(name)),
      read: (name, offset, into) => this.run(() => objects.read(name, offset, into)),
      write: (name, runs, toughness) => alone(name, () => objects.write(name, runs, toughness)),
      sync: (name) => this.run(() => objects.sync(name)),
      truncate: (name, sizeBytes) => alone(name, () => objects.truncate(name, sizeBytes)),
      locate: (name, offset, bytes) => this.run(() => objects.locate(name, offset, bytes)),
    };
  }

  /** The head of the node as it may be asked in this term: what waits there is not decided any more after it. */
  head(head: LocalHead): LocalHead {
    return {
      get state() {
        return head.state;
      },
      ask: (request) => this.run(() => head.ask({ ...request, isWanted: () => this.isCurrent })),
    };
  }

  #assertCurrent(): void {
    if (!this.isCurrent) throw new NotServingError(this.#node);
  }
}
