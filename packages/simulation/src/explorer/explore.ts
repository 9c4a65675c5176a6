import { Decoder, Encoder } from '@holdfast/kernel';
import { explorationBytesMaxDefault, explorationSecondsMaxDefault, statesMaxDefault } from '../limits.ts';
import { firstDeadEnd } from './completion.ts';
import type { CellEvidence, Model, Property } from './model.ts';
import { PagedNumbers } from './paged-numbers.ts';
import { StateStore } from './state-store.ts';
import { addStep, type Steps, stepsTo } from './steps.ts';

export interface ExploreOptions {
  readonly statesMax?: number;
  readonly secondsMax?: number;
  readonly memoryBytesMax?: number;
  /** Which violations end the exploration; where omitted, all. Others are kept, the first of each property. */
  stopAt?(violation: Violation): boolean;
  /** Told about once a second how many states were found and how many of them wait to be looked at. */
  onProgress?(states: number, waiting: number): void;
}

/** `error`: the kernel or model threw; every other kind is a property with a trace that shows it. */
export type ViolationKind = Property<unknown>['kind'] | 'deadlock' | 'error';

export interface Violation {
  readonly kind: ViolationKind;
  readonly property: string;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** The shortest way there from the initial state. Empty for `sometimes`: nothing led there. */
  readonly steps: readonly string[];
  /** The same steps as the model's `data` of them, where it has any. */
  readonly actions?: readonly unknown[];
}

export type StopReason = 'fixpoint' | 'states' | 'seconds' | 'memory' | 'violations';

export interface Exploration {
  readonly name: string;
  readonly states: number;
  readonly transitions: number;
  /** Steps on the shortest path to the farthest state. */
  readonly depth: number;
  /** Every reachable state was visited and expanded. */
  readonly fixpoint: boolean;
  readonly stoppedBy: StopReason;
  readonly seconds: number;
  readonly statesPerSecond: number;
  /** Memory of the state store and the graph. */
  readonly bytes: number;
  readonly violations: readonly Violation[];
  /** States in which nothing is enabled although work is left. */
  readonly deadlocks: number;
  readonly cells: CellEvidence;
}

/** Every reachable state of `model`, breadth first, so that the first violation found has the shortest trace. */
export function explore<State>(model: Model<State>, options: ExploreOptions = {}): Exploration {
  return new Walk(model, options).run();
}

const noCells: CellEvidence = { handled: 0, ignored: 0, impossible: 0, evidenced: 0, missing: [], contradicted: [] };
const clockCheckStates = 1024;
const progressMs = 1000;

class Walk<State> {
  readonly #model: Model<State>;
  readonly #options: Required<ExploreOptions>;
  readonly #store = new StateStore();
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder(new Uint8Array(0));
  readonly #violations: Violation[] = [];
  readonly #violated = new Set<string>();
  readonly #unreached: Set<Property<State>>;
  readonly #graph: { successors: PagedNumbers; ends: PagedNumbers } | undefined;
  /** States with a step that throws: what would follow is unknown. */
  readonly #failing = new Set<number>();
  #spare: State | undefined;
  #transitions = 0;
  #deadlocks = 0;
  #depth = 0;
  #stopped = false;

  constructor(model: Model<State>, options: ExploreOptions) {
    this.#model = model;
    this.#options = {
      statesMax: options.statesMax ?? statesMaxDefault,
      secondsMax: options.secondsMax ?? explorationSecondsMaxDefault,
      memoryBytesMax: options.memoryBytesMax ?? explorationBytesMaxDefault,
      stopAt: options.stopAt ?? (() => true),
      onProgress: options.onProgress ?? (() => {}),
    };
    this.#unreached = new Set(model.properties.filter((property) => property.kind === 'sometimes'));
    const needsGraph = model.properties.some((property) => property.kind === 'canFinish');
    this.#graph = needsGraph ? { successors: new PagedNumbers(), ends: new PagedNumbers() } : undefined;
  }

  run(): Exploration {
    const startedMs = performance.now();
    const stoppedBy = this.#walk(startedMs);
    const fixpoint = stoppedBy === 'fixpoint';
    if (stoppedBy !== 'violations') this.#checkCompletion();
    if (fixpoint) this.#checkReached();
    const seconds = (performance.now() - startedMs) / 1000;
    return {
      name: this.#model.name,
      states: this.#store.length,
      transitions: this.#transitions,
      depth: this.#depth,
      fixpoint,
      stoppedBy,
      seconds,
      statesPerSecond: Math.round(this.#store.length / seconds),
      bytes: this.#bytes(),
      violations: this.#violations,
      deadlocks: this.#deadlocks,
      cells: this.#model.cells?.() ?? noCells,
    };
  }

  #walk(startedMs: number): StopReason {
    const { statesMax, secondsMax, memoryBytesMax } = this.#options;
    const actions: number[] = [];
    if (!this.#begin()) return 'violations';
    let reportedMs = startedMs;
    let levelEnd = 1;
    for (let index = 0; index < this.#store.length; index++) {
      if (index === levelEnd) {
        this.#depth++;
        levelEnd = this.#store.length;
      }
      this.#expand(index, actions);
      if (this.#stopped) return 'violations';
      if (this.#store.length > statesMax) return 'states';
      if (index % clockCheckStates === 0) {
        const nowMs = performance.now();
        if (nowMs - startedMs > secondsMax * 1000) return 'seconds';
        if (nowMs - reportedMs > progressMs) {
          reportedMs = nowMs;
          this.#options.onProgress(this.#store.length, this.#store.length - index);
        }
        if (this.#bytes() + this.#store.growthBytes > memoryBytesMax) return 'memory';
      }
    }
    return 'fixpoint';
  }

  /** Store the initial state; false when the kernels throw as they start. */
  #begin(): boolean {
    let initial: State;
    try {
      initial = this.#model.initial();
    } catch (thrown) {
      const property = errorName(thrown);
      this.#violations.push({ kind: 'error', property, message: String(thrown), steps: [] });
      return false;
    }
    this.#add(initial, 0);
    return true;
  }

  #expand(index: number, actions: number[]): void {
    const model = this.#model;
    const state = this.#decode(index);
    actions.length = 0;
    model.actions(state, actions);
    this.#look(state, index, actions.length);
    for (const action of actions) {
      this.#transitions++;
      let next: State;
      try {
        next = model.apply(this.#copyOf(state, index), action);
      } catch (thrown) {
        this.#failing.add(index);
        this.#report('error', errorName(thrown), String(thrown), index, (steps) => {
          addStep(steps, model, state, action);
        });
        continue;
      }
      const successor = this.#add(next, index);
      this.#graph?.successors.push(successor);
    }
    this.#graph?.ends.push(this.#graph.successors.length);
  }

  /** The properties of one state, looked at when it is expanded: in breadth-first order all the same. */
  #look(state: State, index: number, enabled: number): void {
    const model = this.#model;
    const quiet = model.quiet === undefined ? enabled === 0 : model.quiet(state);
    for (const property of model.properties) {
      if (property.kind === 'always' || (property.kind === 'quiescent' && quiet)) {
        const message = property.violation(state);
        if (message !== undefined) this.#report(property.kind, property.name, message, index);
      } else if (property.kind === 'sometimes' && this.#unreached.has(property) && property.holds(state)) {
        this.#unreached.delete(property);
      }
    }
    if (enabled === 0 && !(model.final?.(state) ?? false)) {
      this.#deadlocks++;
      this.#report('deadlock', 'deadlock', 'nothing can happen any more although work is left', index);
    }
  }

  #checkCompletion(): void {
    if (this.#graph === undefined) return;
    for (const property of this.#model.properties) {
      if (property.kind !== 'canFinish') continue;
      const good = new Uint8Array(this.#store.length);
      for (let index = 0; index < good.length; index++) if (property.holds(this.#decode(index))) good[index] = 1;
      for (const index of this.#failing) good[index] = 1;
      const deadEnd = firstDeadEnd(this.#graph, good);
      if (deadEnd !== undefined) {
        this.#report('canFinish', property.name, 'from here it can never be reached', deadEnd);
      }
    }
  }

  #checkReached(): void {
    for (const property of this.#unreached) {
      const message = 'no reachable state satisfies it';
      this.#violations.push({ kind: 'sometimes', property: property.name, message, steps: [] });
    }
  }

  #report(
    kind: ViolationKind,
    property: string,
    message: string,
    index: number,
    finish?: (steps: Steps) => void,
  ): void {
    const key = `${kind}: ${property}`;
    if (this.#violated.has(key)) return;
    this.#violated.add(key);
    const steps = stepsTo(this.#model, this.#store, index, (state) => this.#canonical(state));
    finish?.(steps);
    const violation = {
      kind,
      property,
      message,
      steps: steps.lines,
      ...(steps.data.length > 0 && { actions: steps.data }),
    };
    this.#violations.push(violation);
    if (this.#options.stopAt(violation)) this.#stopped = true;
  }

  #add(state: State, predecessor: number): number {
    const canonical = this.#canonical(state);
    return this.#store.add(canonical.bytes, canonical.length, predecessor);
  }

  /** The encoding of the state's representative. */
  #canonical(state: State): Encoder {
    const model = this.#model;
    this.#encoder.reset();
    model.encode(model.canonical === undefined ? state : model.canonical(state), this.#encoder);
    return this.#encoder;
  }

  /** A copy of state `index` for one step: always over the same spare where the model can copy. */
  #copyOf(state: State, index: number): State {
    if (this.#model.copy === undefined) return this.#decode(index);
    this.#spare ??= this.#decode(index);
    this.#model.copy(state, this.#spare);
    return this.#spare;
  }

  #decode(index: number): State {
    this.#store.locate(index);
    this.#decoder.reset(this.#store.page, this.#store.start, this.#store.end);
    return this.#model.decode(this.#decoder);
  }

  #bytes(): number {
    return this.#store.bytes + (this.#graph === undefined ? 0 : this.#graph.successors.bytes + this.#graph.ends.bytes);
  }
}

const errorName = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : 'thrown');
