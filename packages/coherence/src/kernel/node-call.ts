export type NodeId = number;

/** Names a local call and, once it holds the object, its lease. Unique among the open ones of a node; from 1. */
export type CallId = number;

/** A call of a node, beyond that node. */
export interface NodeCall {
  readonly node: NodeId;
  readonly call: CallId;
}
