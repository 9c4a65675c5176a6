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
  if (set.length === 0) return onlyNode(node);
  return set.includes(node) ? set : [...set, node].sort((a, b) => a - b);
}

export function withoutNode(set: NodeSet, node: number): NodeSet {
  if (!set.includes(node)) return set;
  return set.length === 1 ? noNodes : set.filter((each) => each !== node);
}

export const union = (a: NodeSet, b: NodeSet): NodeSet => b.reduce(withNode, a);

export const difference = (a: NodeSet, b: NodeSet): NodeSet => a.filter((each) => !b.includes(each));
