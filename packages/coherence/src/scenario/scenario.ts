import type { Operation } from './operations.ts';
import type { ScenarioHeader, ShapeOf } from './step-shapes.ts';

/** The key of steps that name none. */
export const defaultKey = 'object';

type Keyed<Shape> = Omit<Shape, 'key' | 'note'> & { readonly key: string };
/** A step that may be about one object or, where it names none, about all. */
type MaybeKeyed<Shape> = Omit<Shape, 'key' | 'note'> & { readonly key: string | undefined };

export type Expectation =
  | ({ readonly about: 'node' } & Keyed<ShapeOf<'expectNode'>>)
  | ({ readonly about: 'call' } & Omit<ShapeOf<'expectCall'>, 'key'>)
  | ({ readonly about: 'world' } & MaybeKeyed<ShapeOf<'expectWorld'>>);

export interface CallStep {
  readonly type: 'call';
  /** Undefined for a call that no later step names. */
  readonly name: string | undefined;
  readonly op: string;
  readonly operation: Operation;
  readonly node: number;
  readonly key: string;
  readonly value: string | number | boolean | undefined;
  /** Whose lease a put or set uses. */
  readonly of: string | undefined;
  readonly to: number | undefined;
}

/** What a load comes to. */
export type FillOutcome = { readonly value: string | number | boolean } | 'error' | 'absent';

export type Step =
  | CallStep
  | ({ readonly type: 'deliver' } & MaybeKeyed<ShapeOf<'deliver'>>)
  | ({ readonly type: 'duplicate' } & MaybeKeyed<ShapeOf<'duplicate'>>)
  | { readonly type: 'hold' | 'release'; readonly link: readonly [number, number] }
  | { readonly type: 'fill'; readonly node: number; readonly key: string; readonly outcome: FillOutcome }
  | {
      readonly type: 'crash';
      readonly node: number;
      /** How many messages of a link to or from the node still arrive, or may have arrived. */
      readonly keep: readonly (readonly [from: number, to: number, count: number])[];
    }
  | { readonly type: 'view'; readonly number: number; readonly nodes: readonly number[] | undefined }
  | { readonly type: 'restart'; readonly node: number }
  | { readonly type: 'reset'; readonly key: string | undefined }
  | { readonly type: 'note' }
  | { readonly type: 'expect'; readonly expectation: Expectation };

/** A step in its place: repeats are written out. */
export interface PlannedStep {
  readonly line: number;
  /** Which turn of each repeat around it, from 1, outermost first. */
  readonly turns: readonly number[];
  /** The step as the file has it. */
  readonly source: Readonly<Record<string, unknown>>;
  readonly step: Step;
}

export interface Scenario {
  readonly header: ScenarioHeader;
  /** Every object that a step names. */
  readonly keys: readonly string[];
  readonly steps: readonly PlannedStep[];
  /** The lines of the file, to run it again from a report. */
  readonly lines: readonly string[];
}
