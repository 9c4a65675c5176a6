/** Nodes in ascending order, each once: equal sets are equal arrays. Never changed in place. */
export type NodeSet = readonly number[];

export const noNodes: NodeSet = [];

/** Sets of nodes below this are shared: so many bits name one. */
const sharedNodes = 8;
const sharedSets = new Array<NodeSet | undefined>(1 << sharedNodes).fill(undefined);
sharedSets[0] = noNodes;
const singles: NodeSet[] = [];

/** An equal set that is always the same array, where there are few nodes: objects have two or three sets each. */
export function shared(set: NodeSet): NodeSet {
  let bits = 0;
  for (let at = 0; at < set.length; at++) {
    const bit = 1 << set[at]!;
    // What came out of order may be no set.
    if (set[at]! >= sharedNodes || bit <= bits) return set;
    bits |= bit;
  }
  const known = sharedSets[bits] ?? set;
  sharedSets[bits] = known;
  return known;
}

/** The set of one node. */
export function onlyNode(node: number): NodeSet {
  singles[node] ??= shared([node]);
  return singles[node];
}

export function withNode(set: NodeSet, node: number): NodeSet {
  const { length } = set;
  if (length === 0) return onlyNode(node);
  let place = length;
  while (place > 0 && set[place - 1]! > node) place--;
  if (place > 0 && set[place - 1] === node) return set;
  return shared(place === length ? [...set, node] : set.toSpliced(place, 0, node));
}

export function withoutNode(set: NodeSet, node: number): NodeSet {
  if (!set.includes(node)) return set;
  return set.length === 1 ? noNodes : shared(set.filter((each) => each !== node));
}

export function union(a: NodeSet, b: NodeSet): NodeSet {
  let all = a;
  for (const node of b) all = withNode(all, node);
  return all;
}

export const difference = (a: NodeSet, b: NodeSet): NodeSet =>
  a.some((each) => b.includes(each)) ? shared(a.filter((each) => !b.includes(each))) : a;
