import { type MemberContext, type MemberSlot, mainSlot } from '@holdfast/runtime/service';
import type { View } from '../kernel/view-types.ts';
import { viewsKeptMax } from '../limits.ts';

/** What members of a cluster say of themselves that take part in its containers. */
export const coherenceRole = 'coherence';

/** The views of a cluster, as far as containers are concerned: who takes part in them, in the order of epochs. */
export class CoherenceViews {
  readonly #context: MemberContext;
  readonly #stop: () => void;
  readonly #told: View[] = [];

  /** @param changed told of every view from the first on that names this member. */
  constructor(context: MemberContext, changed: (view: View) => void) {
    this.#context = context;
    this.#stop = context.watchView(() => this.#look(changed));
    context.takePart(coherenceRole);
  }

  /** Undefined until a view says that this member takes part. */
  get current(): View | undefined {
    return this.#told.at(-1);
  }

  /** Those this member was told of, from the first that names it, the last {@link viewsKeptMax}. */
  get told(): readonly View[] {
    return this.#told;
  }

  /** Nodes that are up and do not take part yet. */
  get missing(): MemberSlot[] {
    const members = this.#context.view.members.filter(({ slot, state }) => slot < mainSlot && state === 'up');
    return members.filter(({ roles }) => roles?.includes(coherenceRole) !== true).map(({ slot }) => slot);
  }

  close(): void {
    this.#stop();
  }

  #look(changed: (view: View) => void): void {
    const { epoch, members } = this.#context.view;
    const taking = members.filter(({ state, roles }) => state === 'up' && roles?.includes(coherenceRole) === true);
    const view = { epoch, members: taking.map(({ slot }) => slot) };
    if (this.#told.length === 0 && !view.members.includes(this.#context.slot)) return;
    this.#told.push(view);
    if (this.#told.length > viewsKeptMax) this.#told.shift();
    changed(view);
  }
}
