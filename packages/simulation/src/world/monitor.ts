import type { Decoder, Encoder } from '@holdfast/kernel';

/** What a monitor may watch. `event` is every event a kernel is stepped with. */
export type ObservedKind = 'call' | 'event' | 'send' | 'deliver' | 'reply' | 'trace' | 'crash' | 'start';

/** Something that happened at a node, in the order it happened. */
export interface Observation {
  readonly kind: ObservedKind;
  readonly node: number;
  /** The part it happened at; 0 for `crash` and `start`. */
  readonly part: number;
  /** Call number of a reply, port or node of a send, incarnation of a start, first number of a trace, else 0. */
  readonly number: number;
  /** The event, message, delivered value, reply or name of a trace step. */
  readonly value: unknown;
}

/**
 * A ghost: watches what happens and remembers what a property needs, without any kernel knowing.
 *
 * Its state is part of the explored state, so remember as little as the property needs.
 */
export interface Monitor<State = unknown> {
  readonly name: string;
  readonly watches: readonly ObservedKind[];
  initial(): State;
  /** Mutate `state`. */
  observe(state: State, seen: Observation): void;
  encode(state: State, into: Encoder): void;
  decode(from: Decoder): State;
  /** The violation as a sentence, looked at after every observation. */
  violation?(state: State): string | undefined;
}

export function monitor<State>(typed: Monitor<State>): Monitor {
  return typed;
}
