import { Decoder, Encoder } from '@holdfast/kernel';
import { StateStore } from '../explorer/state-store.ts';
import { actionKind } from './action-code.ts';
import type { WorldSpec } from './spec.ts';
import type { WorldVector } from './vector-machine.ts';
import { WorldModel } from './world-model.ts';

export interface ReductionCheck {
  readonly states: number;
  /** Pairs of states and steps that the reduction names. */
  readonly soon: number;
  readonly late: number;
  /** The first of what does not hold, as sentences with the steps. */
  readonly failures: readonly string[];
}

const failuresMax = 8;

/**
 * Holds the reduction of a world against every state that is reachable without it, violations or not: that each step it
 * names commutes with the others, stays possible and named after them, and hides nothing from the properties.
 */
export function checkReduction(spec: WorldSpec, statesMax: number): ReductionCheck {
  return new Check(spec).run(statesMax);
}

class Check {
  readonly #model: WorldModel;
  readonly #store = new StateStore();
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder(new Uint8Array(0));
  readonly #failures: string[] = [];
  #soon = 0;
  #late = 0;

  constructor(spec: WorldSpec) {
    this.#model = new WorldModel(spec);
  }

  run(statesMax: number): ReductionCheck {
    this.#add(this.#model.initial());
    for (let index = 0; index < this.#store.length && this.#store.length <= statesMax; index++) {
      this.#look(this.#decode(index));
      if (this.#failures.length >= failuresMax) break;
    }
    return { states: this.#store.length, soon: this.#soon, late: this.#late, failures: this.#failures };
  }

  #look(state: WorldVector): void {
    const model = this.#model;
    const actions = this.#actions(state);
    const after = new Map(actions.map((action) => [action, model.applyOne(state.slice(), action)]));
    for (const next of after.values()) this.#add(next);
    for (const action of actions) {
      const time = model.timeOf(state, action);
      if (time === 'any') continue;
      if (time === 'soon') this.#soon++;
      else this.#late++;
      this.#checkStep(state, action, time, after);
    }
  }

  #checkStep(state: WorldVector, step: number, time: 'soon' | 'late', after: ReadonlyMap<number, WorldVector>): void {
    const model = this.#model;
    const next = after.get(step)!;
    const goesOn = new Set(this.#actions(next));
    for (const [other, beside] of after) {
      if (other === step || (time === 'late' && this.#areCallsOfOne(state, step, other))) continue;
      const fail = (what: string): void => this.#fail(state, `${model.lineOf(state, step)}: ${what}`, other);
      if (!goesOn.has(other)) fail('prevents');
      else if (!this.#actions(beside).includes(step)) {
        if (!this.#areSame(model.applyOne(next.slice(), other), beside)) fail('is prevented by');
      } else {
        if (time === 'soon' && model.timeOf(beside, step) !== 'soon') fail('is not soon any more after');
        const oneWay = model.applyOne(next.slice(), other);
        if (!this.#areSame(oneWay, model.applyOne(beside.slice(), step))) fail('does not commute with');
      }
    }
    for (const property of model.properties) {
      if (property.kind !== 'always') continue;
      const before = property.violation(state) !== undefined;
      const then = property.violation(next) !== undefined;
      if ((before && !then) || (time === 'late' && before !== then))
        this.#fail(state, `${model.lineOf(state, step)} hides a violation: ${property.name}`);
    }
  }

  /** Of the late calls of one node any may come, and one is enough. */
  #areCallsOfOne(state: WorldVector, one: number, other: number): boolean {
    const model = this.#model;
    if (actionKind(one) !== 'call' || actionKind(other) !== 'call') return false;
    return model.timeOf(state, other) === 'late' && model.nodeOfCall(one) === model.nodeOfCall(other);
  }

  #fail(state: WorldVector, what: string, other?: number): void {
    if (this.#failures.length >= failuresMax) return;
    this.#failures.push(other === undefined ? what : `${what}: ${this.#model.lineOf(state, other)}`);
  }

  #actions(state: WorldVector): number[] {
    const actions: number[] = [];
    this.#model.everyAction(state, actions);
    return actions;
  }

  #areSame(one: WorldVector, other: WorldVector): boolean {
    const bytes = this.#encoded(one).slice();
    const others = this.#encoded(other);
    return bytes.length === others.length && bytes.every((byte, at) => byte === others[at]);
  }

  #encoded(state: WorldVector): Uint8Array {
    const model = this.#model;
    this.#encoder.reset();
    model.encode(model.canonical?.(state) ?? state, this.#encoder);
    return this.#encoder.view();
  }

  #add(state: WorldVector): void {
    const bytes = this.#encoded(state);
    this.#store.add(bytes, bytes.length, 0);
  }

  #decode(index: number): WorldVector {
    this.#store.locate(index);
    this.#decoder.reset(this.#store.page, this.#store.start, this.#store.end);
    return this.#model.decode(this.#decoder);
  }
}
