import { Decoder, Encoder } from '@holdfast/kernel';
import type { Model } from './model.ts';
import type { StateStore } from './state-store.ts';

/** A way through a model. */
export interface Steps {
  /** One line a step. */
  readonly lines: string[];
  /** The same steps as data; empty where the model has none. */
  readonly data: unknown[];
}

/**
 * The shortest way to state `target`, one line a step, found by running the model again along the stored predecessors.
 *
 * With symmetry the store holds representatives; the lines come from a real run, so that names stay the same from
 * line to line.
 */
export function stepsTo<State>(
  model: Model<State>,
  store: StateStore,
  target: number,
  canonical: (state: State) => Encoder,
): Steps {
  const path: number[] = [];
  for (let index = target; store.predecessor(index) !== index; index = store.predecessor(index)) path.push(index);
  const steps: Steps = { lines: [], data: [] };
  const encoder = new Encoder();
  const actions: number[] = [];
  let state = model.initial();
  for (const index of path.reverse()) {
    actions.length = 0;
    model.actions(state, actions);
    encoder.reset();
    model.encode(state, encoder);
    const before = encoder.view().slice();
    for (const action of actions) {
      const next = applied(model, model.decode(new Decoder(before)), action);
      if (next === undefined || !isStored(store, index, canonical(next))) continue;
      addStep(steps, model, state, action);
      state = next;
      break;
    }
  }
  return steps;
}

export function addStep<State>({ lines, data }: Steps, model: Model<State>, state: State, action: number): void {
  if (model.data !== undefined) data.push(model.data(state, action));
  lines.push(model.label(state, action));
}

/** Undefined when the step throws: such a step leads nowhere. */
function applied<State>(model: Model<State>, state: State, action: number): State | undefined {
  try {
    return model.apply(state, action);
  } catch {
    return undefined;
  }
}

function isStored(store: StateStore, index: number, form: Encoder): boolean {
  store.locate(index);
  if (store.end - store.start !== form.length) return false;
  for (let at = 0; at < form.length; at++) if (store.page[store.start + at] !== form.bytes[at]) return false;
  return true;
}
