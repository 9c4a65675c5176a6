import { emptyBlock } from '../world/spec.ts';
import type { WorldView } from '../world/view.ts';
import type { LiveNetwork } from './live-network.ts';
import type { LiveNode } from './live-node.ts';

/** A running simulation as properties and workloads see it. */
export class LiveView implements WorldView {
  readonly #nodes: readonly LiveNode[];
  readonly #network: LiveNetwork;
  readonly #monitors: readonly unknown[];
  readonly #issued: readonly number[];

  constructor(
    nodes: readonly LiveNode[],
    network: LiveNetwork,
    monitors: readonly unknown[],
    issued: readonly number[],
  ) {
    this.#nodes = nodes;
    this.#network = network;
    this.#monitors = monitors;
    this.#issued = issued;
  }

  state<State>(node: number, part: number): Readonly<State> {
    return this.#nodes[node]?.states[part] as State;
  }

  up(node: number): boolean {
    return this.#nodes[node]?.up ?? false;
  }

  incarnation(node: number): number {
    return this.#nodes[node]?.incarnation ?? 0;
  }

  get messagesInFlight(): number {
    return this.#network.messagesInFlight;
  }

  get diskOpsInFlight(): number {
    return this.#nodes.reduce((sum, { disk }) => sum + disk.pending.length, 0);
  }

  block(node: number, address: number): number {
    return this.#nodes[node]?.disk.durable(address) ?? emptyBlock;
  }

  messages(link: number, end: 0 | 1): readonly unknown[] {
    return this.#network.messages(2 * link + end);
  }

  armed(node: number, part: number): readonly number[] {
    return [...(this.#nodes[node]?.timers[part]?.keys() ?? [])].sort((a, b) => a - b);
  }

  issued(call: number): number {
    return this.#issued[call] ?? 0;
  }

  monitor<State>(index: number): Readonly<State> {
    return this.#monitors[index] as State;
  }
}
