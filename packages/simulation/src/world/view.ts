/** What properties, workloads and monitors' owners may look at. Everything it hands out is read-only. */
export interface WorldView {
  /** The state of a part. Of a crashed node it is the state a fresh start would have. */
  state<State>(node: number, part: number): Readonly<State>;
  up(node: number): boolean;
  /** Restarts so far. */
  incarnation(node: number): number;
  /** Messages on links that could still arrive. */
  readonly messagesInFlight: number;
  /** Disk operations submitted and not completed. */
  readonly diskOpsInFlight: number;
  /** What a crash now would surely leave at a block address of a node's disk. */
  block(node: number, address: number): number;
  /** The messages on the direction of a link that starts at `end`, oldest first. */
  messages(link: number, end: 0 | 1): readonly unknown[];
  /** The timers a part has armed, ascending. */
  armed(node: number, part: number): readonly number[];
  /** How often a bounded call was issued. */
  issued(call: number): number;
  monitor<State>(index: number): Readonly<State>;
}
