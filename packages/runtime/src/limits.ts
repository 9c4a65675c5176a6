/** Nodes of one cluster. `Cluster.start` refuses more. */
export const nodesMax = 64;

/** Workers an app may attach beside the nodes. `attach` refuses more. */
export const attachedMax = 7;
