import { WorldSpecError } from '../errors.ts';
import { PairTable } from '../explorer/pair-table.ts';
import type { Symmetry, WorldSpec } from './spec.ts';
import type { WorldVector } from './vector-machine.ts';
import type { WorldStore } from './world-store.ts';

/** How one renaming moves the words of a vector: word `to[i]` of the renamed vector comes from word i. */
interface Renaming {
  readonly permutation: readonly number[];
  readonly to: Int32Array;
  /** For each word how its contents are renamed, or undefined where they stay. */
  readonly contents: readonly (((word: number) => number) | undefined)[];
}

/** The function that appends every renaming of a vector but the vector itself. */
export function renamer(store: WorldStore, symmetry: Symmetry): (vector: WorldVector, into: WorldVector[]) => void {
  const renamings = symmetry.permutations.map((permutation) => renamingOf(store, symmetry, permutation));
  return (vector, into) => {
    for (const { to, contents } of renamings) {
      const renamed = vector.slice();
      for (let at = 0; at < vector.length; at++) {
        const word = vector[at] as number;
        const rename = contents[at];
        renamed[to[at] as number] = rename === undefined ? word : rename(word);
      }
      into.push(renamed);
    }
  };
}

function renamingOf(store: WorldStore, symmetry: Symmetry, permutation: readonly number[]): Renaming {
  const { spec, layout, values, lists } = store;
  checkPermutation(spec, permutation);
  const to = Int32Array.from({ length: layout.length }, (_, at) => at);
  const contents = new Array<((word: number) => number) | undefined>(layout.length).fill(undefined);
  const message = cached((word) => values.intern(symmetry.message(values.value(word), permutation)));
  const queue = cached((word) => lists.intern(lists.list(word).map(message)));
  for (const [node, { parts }] of spec.nodes.entries()) {
    const target = permutation[node] as number;
    to[layout.life(node)] = layout.life(target);
    to[layout.disk(node)] = layout.disk(target);
    for (const part of parts.keys()) {
      to[layout.state(node, part)] = layout.state(target, part);
      to[layout.timers(node, part)] = layout.timers(target, part);
      const pool = store.states(node, part);
      contents[layout.state(node, part)] = cached((word) =>
        pool.intern(symmetry.state(part, pool.fresh(word), permutation)),
      );
      if (symmetry.timer === undefined) continue;
      contents[layout.timers(node, part)] = cached((word) => {
        const timers = lists.list(word).map((timer) => symmetry.timer?.(part, timer, permutation) ?? timer);
        return lists.intern(timers.sort((a, b) => a - b));
      });
    }
  }
  for (const [direction, { from, to: receiver }] of store.topology.directions.entries()) {
    const image = directionBetween(store, permutation[from] as number, permutation[receiver] as number);
    to[layout.queues + direction] = layout.queues + image;
    contents[layout.queues + direction] = queue;
    if ((direction & 1) === 0) {
      to[layout.links + (direction >>> 1)] = layout.links + (image >>> 1);
      if ((image & 1) === 1) contents[layout.links + (direction >>> 1)] = swapLinkEnds;
    }
  }
  for (const [index, pool] of store.monitors.entries()) {
    const rename = symmetry.monitor;
    if (rename === undefined) continue;
    contents[layout.monitors + index] = cached((word) =>
      pool.intern(rename.call(symmetry, index, pool.fresh(word), permutation)),
    );
  }
  renameCalls(store, permutation, to);
  return { permutation, to, contents };
}

/** A bounded call goes over into the call with the same label and part at the renamed node. */
function renameCalls({ spec, layout }: WorldStore, permutation: readonly number[], to: Int32Array): void {
  for (const [index, call] of spec.calls.entries()) {
    const at = layout.issued(index);
    const target = permutation[call.node];
    if (target === call.node) continue;
    const image = spec.calls.findIndex(
      (other) =>
        other.node === target && other.part === call.part && other.label === call.label && other.times === call.times,
    );
    if (image === -1) throw new WorldSpecError(`call ${call.label} of node ${call.node} has no like at node ${target}`);
    if (at !== undefined) to[at] = layout.issued(image) as number;
  }
}

function checkPermutation(spec: WorldSpec, permutation: readonly number[]): void {
  const images = new Set(permutation);
  if (permutation.length !== spec.nodes.length || images.size !== spec.nodes.length) {
    throw new WorldSpecError(`[${permutation.join(' ')}] does not permute ${spec.nodes.length} nodes`);
  }
}

function directionBetween({ topology }: WorldStore, from: number, to: number): number {
  const found = topology.directions.flatMap((each, index) => (each.from === from && each.to === to ? [index] : []));
  if (found.length !== 1) throw new WorldSpecError('renaming needs exactly one link between any two nodes it renames');
  return found[0] as number;
}

/** Exchange the bits of the two ends; bit 0 belongs to the link. */
function swapLinkEnds(word: number): number {
  const low = word & 0b0101010;
  const high = word & 0b1010100;
  return (word & 1) | (low << 1) | (high >>> 1);
}

/** A function of one number, computed once for each. */
function cached(compute: (word: number) => number): (word: number) => number {
  const known = new PairTable();
  return (word) => {
    let result = known.get(word, 0);
    if (result === PairTable.absent) {
      result = compute(word);
      known.set(word, 0, result);
    }
    return result;
  };
}
