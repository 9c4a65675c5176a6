/** Nodes in ascending order, each once: equal sets are equal arrays. Never changed in place. */
export type NodeSet = readonly number[];

export const noNodes: NodeSet = [];

export const withNode = (set: NodeSet, node: number): NodeSet =>
  set.includes(node) ? set : [...set, node].sort((a, b) => a - b);

export const withoutNode = (set: NodeSet, node: number): NodeSet =>
  set.includes(node) ? set.filter((each) => each !== node) : set;

export const union = (a: NodeSet, b: NodeSet): NodeSet => b.reduce(withNode, a);

export const difference = (a: NodeSet, b: NodeSet): NodeSet => a.filter((each) => !b.includes(each));
