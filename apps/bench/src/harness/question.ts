/** What one contender showed in one round. */
export interface Sample {
  /** In the question's unit. */
  readonly value: number;
  /** CPU time of the whole process, all threads, per operation. */
  readonly cpuNs?: number;
  /** Further figures by name, for the report only. */
  readonly details?: Readonly<Record<string, number>>;
}

/** How much time a round may take. */
export interface Budget {
  readonly measureMs: number;
  readonly warmUpMs: number;
  /** A smaller question with the same meaning: for a first look, not for the record. */
  readonly quick: boolean;
}

export interface Contender {
  readonly name: string;
  /** npm packages it is made of. One that is not installed makes a named gap in the table. */
  readonly packages?: readonly string[];
  /** Start fresh workers, warm up, measure, stop everything. */
  round(budget: Budget): Promise<Sample>;
}

/** `measure` is compared with `min` or `max`; without either the figure is only reported. */
export interface Goal {
  /**
   * `ratio`: ours over the peer's value. `cpu`: ours over the peer's CPU time per operation. `difference`: ours less the
   * peer's value, in the unit. `value`: ours alone.
   */
  readonly measure: 'ratio' | 'cpu' | 'difference' | 'value';
  readonly min?: number;
  readonly max?: number;
}

export interface Verdict extends Goal {
  /** Judge this figure of the details instead of the value. Its name is added to the question's. */
  readonly detail?: string;
  /** Of the detail. Default: the question's. */
  readonly unit?: string;
  /** Names of peers; the best of them by median is the one compared with. Empty: ours stands alone. */
  readonly against: readonly string[];
}

export interface Question {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly ours: Contender;
  readonly peers: readonly Contender[];
  readonly verdicts: readonly Verdict[];
  /** Rounds of a full run, where the question needs fewer than the default: each takes long or is itself a sample. */
  readonly roundsMax?: number;
  /** Warm-up of all contenders, in times the usual one, where more code than usual is to be compiled first. @default 1 */
  readonly warmUpTimes?: number;
}

export interface Area {
  readonly name: string;
  readonly questions: readonly Question[];
}
