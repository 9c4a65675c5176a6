import { WorldSpecError } from '../errors.ts';
import type { Symmetry, WorldSpec } from './spec.ts';
import type { WorldVector } from './vector-machine.ts';
import type { WorldStore } from './world-store.ts';

/** How one renaming moves the words of a vector. */
interface Renaming {
  /** Word k of the renamed vector is word `from[k]` of the old one. */
  readonly from: readonly number[];
  /** For each word of the old vector how its contents are renamed, or undefined where they stay. */
  readonly contents: readonly (((word: number) => number) | undefined)[];
}

/** The function that answers the smallest among a vector and its renamings, the representative of its class. */
export function canonicaliser(store: WorldStore, symmetry: Symmetry): (vector: WorldVector) => WorldVector {
  checkGroup(store.spec, symmetry.permutations);
  const renamings = symmetry.permutations.map((permutation) => renamingOf(store, symmetry, permutation));
  let best: WorldVector = [];
  let spare: WorldVector = [];
  return (vector) => {
    let smallest = vector;
    for (const renaming of renamings) {
      if (!renameIfSmaller(vector, renaming, smallest, spare)) continue;
      [best, spare] = [spare, best];
      smallest = best;
    }
    return smallest;
  };
}

/** Write the renamed vector into `into`; give up, with false, as soon as it is not smaller than `limit`. */
function renameIfSmaller(vector: WorldVector, renaming: Renaming, limit: WorldVector, into: WorldVector): boolean {
  let isSmaller = false;
  for (let at = 0; at < vector.length; at++) {
    const from = renaming.from[at] as number;
    const word = vector[from] as number;
    const rename = renaming.contents[from];
    const renamed = rename === undefined ? word : rename(word);
    if (!isSmaller) {
      const bound = limit[at] as number;
      if (renamed > bound) return false;
      isSmaller = renamed < bound;
    }
    into[at] = renamed;
  }
  return isSmaller;
}

function renamingOf(store: WorldStore, symmetry: Symmetry, permutation: readonly number[]): Renaming {
  const { spec, layout, values, lists } = store;
  const to = Array.from({ length: layout.length }, (_, at) => at);
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
        pool.intern(symmetry.state(node, part, pool.fresh(word), permutation)),
      );
      if (symmetry.timer === undefined) continue;
      contents[layout.timers(node, part)] = cached((word) => {
        const timers = lists.list(word).map((timer) => symmetry.timer?.(node, part, timer, permutation) ?? timer);
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
  const from = new Array<number>(to.length);
  for (const [at, target] of to.entries()) from[target] = at;
  return { from, contents };
}

/** A bounded call goes over into the call with the same label and part at the renamed node. */
function renameCalls({ spec, layout }: WorldStore, permutation: readonly number[], to: number[]): void {
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

function checkGroup({ nodes }: WorldSpec, permutations: readonly (readonly number[])[]): void {
  const identity = Array.from(nodes.keys());
  const known = new Set([identity, ...permutations].map((permutation) => permutation.join(' ')));
  for (const permutation of permutations) {
    if (permutation.length !== nodes.length || new Set(permutation).size !== nodes.length) {
      throw new WorldSpecError(`[${permutation.join(' ')}] does not permute ${nodes.length} nodes`);
    }
    for (const second of permutations) {
      const product = permutation.map((node) => second[node]).join(' ');
      if (!known.has(product)) throw new WorldSpecError(`the permutations are no group: [${product}] is missing`);
    }
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
  const known: number[] = [];
  return (word) => {
    let result = known[word];
    if (result === undefined) {
      result = compute(word);
      known[word] = result;
    }
    return result;
  };
}
