import { CellLog } from './cell-log.ts';
import { DiskImage } from './disk-image.ts';
import { Layout } from './layout.ts';
import { PartSteps } from './part-steps.ts';
import { ListPool, StatePool, ValuePool } from './pools.ts';
import type { Part, WorldSpec } from './spec.ts';
import { type Topology, topologyOf } from './topology.ts';

/** All that the words of a state vector point to. */
export class WorldStore {
  readonly spec: WorldSpec;
  readonly layout: Layout;
  readonly topology: Topology;
  readonly values = new ValuePool();
  readonly lists = new ListPool();
  readonly disks = new StatePool((disk, into) => (disk as DiskImage).encode(into), DiskImage.decode);
  readonly monitors: readonly StatePool[];
  /** By node, then by part. */
  readonly parts: readonly (readonly PartSteps[])[];
  readonly cells = new CellLog();
  /** By node, then by part; parts with the same kernel share one. */
  readonly #states: readonly (readonly StatePool[])[];

  constructor(spec: WorldSpec) {
    this.spec = spec;
    this.layout = new Layout(spec);
    this.topology = topologyOf(spec);
    const watched = new Set((spec.monitors ?? []).flatMap((monitor) => monitor.watches));
    this.monitors = (spec.monitors ?? []).map(
      (monitor) =>
        new StatePool(
          (state, into) => monitor.encode(state, into),
          (from) => monitor.decode(from),
        ),
    );
    const pools = new Map<unknown, StatePool>();
    this.#states = spec.nodes.map((node) => node.parts.map(({ kernel }) => poolOf(kernel, pools)));
    this.parts = spec.nodes.map((node, nodeIndex) =>
      node.parts.map((part, partIndex) => {
        this.cells.declare(part.kernel.name, part.kernel.table);
        const own = { states: this.states(nodeIndex, partIndex), values: this.values, lists: this.lists };
        return new PartSteps(part, nodeIndex, partIndex, own, watched, this.cells);
      }),
    );
  }

  /** The pool of a part's states. */
  states(node: number, part: number): StatePool {
    const pool = this.#states[node]?.[part];
    if (pool === undefined) throw new RangeError(`node ${node} has no part ${part}`);
    return pool;
  }
}

function poolOf(kernel: Part['kernel'], pools: Map<unknown, StatePool>): StatePool {
  let pool = pools.get(kernel);
  if (pool === undefined) {
    pool = new StatePool(
      (state, into) => kernel.encode(state, into),
      (from) => kernel.decode(from),
    );
    pools.set(kernel, pool);
  }
  return pool;
}
