import type { Encoder } from '@holdfast/kernel';
import { CellLog } from './cell-log.ts';
import { DiskImage } from './disk-image.ts';
import { Layout } from './layout.ts';
import { PartSteps } from './part-steps.ts';
import { ListPool, StatePool, ValuePool } from './pools.ts';
import type { WorldSpec } from './spec.ts';
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
  readonly #kernels = new Map<unknown, StatePool>();

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
    this.parts = spec.nodes.map((node, nodeIndex) =>
      node.parts.map((part, partIndex) => {
        this.cells.declare(part.kernel.name, part.kernel.table);
        const pools = { states: this.states(nodeIndex, partIndex), values: this.values, lists: this.lists };
        return new PartSteps(part, nodeIndex, partIndex, pools, watched, this.cells);
      }),
    );
  }

  /** The pool of a part's states; parts with the same kernel share one. */
  states(node: number, part: number): StatePool {
    const kernel = this.spec.nodes[node]?.parts[part]?.kernel;
    if (kernel === undefined) throw new RangeError(`node ${node} has no part ${part}`);
    let pool = this.#kernels.get(kernel);
    if (pool === undefined) {
      pool = new StatePool(
        (state, into: Encoder) => kernel.encode(state, into),
        (from) => kernel.decode(from),
      );
      this.#kernels.set(kernel, pool);
    }
    return pool;
  }
}
