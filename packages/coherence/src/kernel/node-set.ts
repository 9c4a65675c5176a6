/** Nodes in ascending order, each once: equal sets are equal arrays. Never changed in place. */
export type NodeSet = readonly number[];

export const noNodes: NodeSet = [];

const singles: NodeSet[] = [];

/** The set of one node: always the same array, because most objects are known to one node only. */
export function onlyNode(node: number): NodeSet {
  singles[node] ??= [node];
  return singles[node];
}

export function withNode(set: NodeSet, node: number): NodeSet {
  const { length } = set;
  if (length === 0) return onlyNode(node);
  let place = length;
  while (place > 0 && set[place - 1]! > node) place--;
  if (place > 0 && set[place - 1] === node) return set;
  return place === length ? [...set, node] : set.toSpliced(place, 0, node);
}

export function withoutNode(set: NodeSet, node: number): NodeSet {
  if (!set.includes(node)) return set;
  return set.length === 1 ? noNodes : set.filter((each) => each !== node);
}

export function union(a: NodeSet, b: NodeSet): NodeSet {
  let all = a;
  for (const node of b) all = withNode(all, node);
  return all;
}

export const difference = (a: NodeSet, b: NodeSet): NodeSet =>
  a.some((each) => b.includes(each)) ? a.filter((each) => !b.includes(each)) : a;
