import { blankPayload, noPayload } from '../kernel/object-types.ts';

/** What an object holds. */
export type ScenarioValue = string | number | boolean;

/** The value of an object that was created and never written. */
export const blankValue: ScenarioValue = '';

/** Kernels know values by handles only: equal values have one handle. */
export class Values {
  readonly #handles = new Map<ScenarioValue, number>([[blankValue, blankPayload]]);
  readonly #values: ScenarioValue[] = [blankValue];

  handle(value: ScenarioValue): number {
    let handle = this.#handles.get(value);
    if (handle === undefined) {
      handle = this.#values.push(value) - 1;
      this.#handles.set(value, handle);
    }
    return handle;
  }

  /** Null where there is no object. */
  value(handle: number): ScenarioValue | null {
    return handle === noPayload ? null : (this.#values[handle] ?? null);
  }
}
