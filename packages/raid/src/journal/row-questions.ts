import type { Peer } from '../kernel/journal.ts';
import { byGroup, type GroupName } from '../kernel/named-table.ts';
import type { AskRowPlace } from './first-places.ts';
import type { RowPlace } from './link-messages.ts';

interface Question extends GroupName {
  readonly peer: Peer;
  readonly answer: PromiseWithResolvers<boolean>;
}

/** Questions to parity IOMs for a place, until they are answered: asked again when a link comes back. */
export class RowQuestions {
  readonly #say: (peer: Peer, message: RowPlace) => void;
  readonly #isCounted: (peer: Peer) => boolean;
  readonly #open = new Map<string, Question>();
  #failure: Error | undefined;

  /** @param isCounted whether the view counts a member: of others nothing is needed */
  constructor(say: (peer: Peer, message: RowPlace) => void, isCounted: (peer: Peer) => boolean) {
    this.#say = say;
    this.#isCounted = isCounted;
  }

  readonly ask: AskRowPlace = (peer, gfid, group) => {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#isCounted(peer)) return Promise.resolve(true);
    const key = keyOf(peer, { gfid, group });
    const known = this.#open.get(key);
    if (known !== undefined) return known.answer.promise;
    const question = { peer, gfid, group, answer: Promise.withResolvers<boolean>() };
    question.answer.promise.catch(() => undefined);
    this.#open.set(key, question);
    this.#send(question);
    return question.answer.promise;
  };

  answered(peer: Peer, { gfid, group, has }: { readonly gfid: number; readonly group: number; readonly has: boolean }) {
    const key = keyOf(peer, { gfid, group });
    this.#open.get(key)?.answer.resolve(has);
    this.#open.delete(key);
  }

  /** A link is up: what was asked over the one before may not have been heard. */
  linkUp(peer: Peer): void {
    for (const question of this.#open.values()) if (question.peer === peer) this.#send(question);
  }

  /** Another view: those who went need not be asked. */
  view(): void {
    for (const [key, { peer, answer }] of this.#open) {
      if (this.#isCounted(peer)) continue;
      answer.resolve(true);
      this.#open.delete(key);
    }
  }

  fail(error: Error): void {
    this.#failure ??= error;
    for (const { answer } of this.#open.values()) answer.reject(error);
    this.#open.clear();
  }

  #send({ peer, gfid, group }: Question): void {
    this.#say(peer, { type: 'place_wanted', gfid, group });
  }
}

const keyOf = (peer: Peer, row: GroupName): string => `${peer}.${byGroup.key(row)}`;
