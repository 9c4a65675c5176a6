import type { KernelEvent } from '@holdfast/kernel';
import type { WorldView } from './view.ts';

/** A local call that the workload may issue. */
export interface CallSpec {
  readonly label: string;
  readonly node: number;
  readonly part: number;
  /** How often, or `unlimited`. */
  readonly times: number | 'unlimited';
  /** The event of the nth issue, counted from 0; always 0 for an unlimited call. */
  event(nth: number): KernelEvent;
  /** Whether it may be issued now; where omitted always. */
  when?(view: WorldView): boolean;
}
