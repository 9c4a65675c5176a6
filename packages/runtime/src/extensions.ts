/**
 * What packages above the runtime add to a cluster and to its members, by declaration merging:
 * `declare module '@holdfast/runtime' { interface ClusterExtensions { ... } }`. Each brings its methods along when it is
 * imported.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by declaration merging.
export interface ClusterExtensions {}

/** As {@link ClusterExtensions}, for what services find in their context. */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by declaration merging.
export interface MemberExtensions {}

/** Every member context of this thread inherits from it, those made before an extension came included. */
export const memberMethods: object = {};

/** Every cluster of this thread inherits from it. */
export const clusterMethods: object = {};

/** Give the clusters of this thread more methods. They get the cluster as `this`. */
export function extendClusters(methods: object): void {
  Object.assign(clusterMethods, methods);
}

/** Give the contexts of this thread's members more methods. They get the context as `this`. */
export function extendMembers(methods: object): void {
  Object.assign(memberMethods, methods);
}
