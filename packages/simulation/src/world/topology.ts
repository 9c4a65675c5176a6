import { WorldSpecError } from '../errors.ts';
import type { NodeSpec, Part, WorldSpec } from './spec.ts';

/** One direction of a link. Direction `2 * link + end` starts at that end. */
export interface Direction {
  readonly link: number;
  readonly from: number;
  readonly to: number;
  /** The port the receiver knows the link by. */
  readonly toPort: number;
  readonly fromPort: number;
  /** The part of the receiver that the messages go to. */
  readonly toPart: number;
}

export interface Topology {
  readonly directions: readonly Direction[];
  /** For each node and port the direction that starts there. */
  readonly out: readonly ReadonlyMap<number, number>[];
  /** For each direction the part at its start that hears of link changes, or undefined. */
  readonly listeners: readonly (number | undefined)[];
  /** For each direction whether its start takes back what a crashed node did not receive. */
  readonly takesBack: readonly boolean[];
  /** For each direction whether its start wants a message back that a crashed node did not receive. */
  readonly wantsBack: readonly ((message: unknown) => boolean)[];
}

/** The links of a world, resolved and checked. */
export function topologyOf(spec: WorldSpec): Topology {
  const directions: Direction[] = [];
  const out = spec.nodes.map(() => new Map<number, number>());
  for (const [link, { ends, name }] of spec.links.entries()) {
    for (const end of [0, 1] as const) {
      const { node: from, port: fromPort } = ends[end];
      const { node: to, port: toPort } = ends[end === 0 ? 1 : 0];
      const ports = out[from];
      if (ports === undefined) throw new WorldSpecError(`link ${name} ends at node ${from}, which does not exist`);
      if (ports.has(fromPort)) throw new WorldSpecError(`port ${fromPort} of node ${from} has two links`);
      ports.set(fromPort, directions.length);
      directions.push({ link, from, fromPort, to, toPort, toPart: ownerOf(spec.nodes, to, toPort) });
    }
  }
  const listeners = directions.map(({ from, fromPort }) => listenerAt(spec.nodes, from, fromPort));
  for (const [link, { name }] of spec.links.entries()) {
    if ((listeners[2 * link] === undefined) !== (listeners[2 * link + 1] === undefined)) {
      throw new WorldSpecError(`link ${name} has a part with a link hook at one end only`);
    }
  }
  const takesBack = directions.map(({ from }, index) => {
    const listener = listeners[index];
    return listener !== undefined && spec.nodes[from]?.parts[listener]?.takesBack === true;
  });
  const wantsBack = directions.map(({ from }, index) => {
    const listener = takesBack[index] ? spec.nodes[from]?.parts[listeners[index]!] : undefined;
    return (message: unknown): boolean => listener !== undefined && (listener.wantsBack?.(message) ?? true);
  });
  return { directions, out, listeners, takesBack, wantsBack };
}

function ownerOf(nodes: readonly NodeSpec[], node: number, port: number): number {
  const parts = nodes[node]?.parts ?? [];
  const owner = parts.findIndex((part) => part.ports?.includes(port));
  if (owner === -1) throw new WorldSpecError(`no part of node ${node} owns port ${port}`);
  if (parts[owner]?.message === undefined) throw new WorldSpecError(`the owner of port ${port} has no message hook`);
  return owner;
}

function listenerAt(nodes: readonly NodeSpec[], node: number, port: number): number | undefined {
  const owner = ownerOf(nodes, node, port);
  const part = nodes[node]?.parts[owner] as Part;
  return part.link === undefined ? undefined : owner;
}
