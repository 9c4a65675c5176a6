import { type Cluster, type Deployment, memberName, memberSlot } from '@holdfast/runtime';
import { registerRaidErrors } from '../error-classes.ts';
import { type IomOptions, IomService } from '../iom/definition.ts';
import type { IomPort } from '../iom/iom-port.ts';
import { iomPortOf } from '../iom/iom-proxy.ts';
import { requestMs } from '../limits.ts';
import type { ArrayHost } from './array-host.ts';
import { codeOf } from './membership.ts';

/** Put an I/O manager on every node of a cluster that is up. */
export async function clusterHost(cluster: Cluster, options: IomOptions): Promise<ArrayHost> {
  registerRaidErrors();
  const deployment = await cluster.deploy(new URL(import.meta.resolve('@holdfast/raid/iom')), { on: 'all', options });
  return new ClusterHost(cluster, deployment);
}

/** What events say of a node's silence. */
const silenceOf: { readonly [type: string]: boolean | undefined } = {
  'node-paused': true,
  'node-stalled': true,
  'node-resumed': false,
  'node-recovered': false,
};

class ClusterHost implements ArrayHost {
  readonly members: readonly number[];
  readonly #cluster: Cluster;
  readonly #deployment: Deployment;
  readonly #ports: ReadonlyMap<number, IomPort>;

  constructor(cluster: Cluster, deployment: Deployment) {
    this.#cluster = cluster;
    this.#deployment = deployment;
    const ports = deployment.nodes.map((node) => {
      const proxy = cluster.service(IomService, { node, timeoutMs: requestMs });
      return [memberSlot(node) ?? -1, iomPortOf(proxy)] as const;
    });
    this.#ports = new Map(ports);
    this.members = [...this.#ports.keys()];
  }

  get pages() {
    return this.#cluster.main.pages;
  }

  name(member: number): string {
    return memberName(member);
  }

  iom(member: number): IomPort {
    const port = this.#ports.get(member);
    if (port === undefined) throw new RangeError(`Member ${member} has no I/O manager.`);
    return port;
  }

  onDown(listener: (member: number, why: string) => void): () => void {
    const subscription = this.#cluster.events$.subscribe((event) => {
      if (event.type !== 'node-down') return;
      const member = memberSlot(event.node);
      if (member !== undefined) listener(member, `is down (${event.cause})`);
    });
    return () => subscription.unsubscribe();
  }

  onUp(listener: (member: number) => void): () => void {
    const subscription = this.#cluster.events$.subscribe((event) => {
      if (event.type !== 'deployed' || event.service !== IomService.name) return;
      const member = memberSlot(event.node);
      if (member !== undefined) listener(member);
    });
    return () => subscription.unsubscribe();
  }

  onSilence(listener: (member: number, silent: boolean) => void): () => void {
    const subscription = this.#cluster.events$.subscribe((event) => {
      const silent = silenceOf[event.type];
      const member = silent === undefined || !('node' in event) ? undefined : memberSlot(event.node);
      if (member !== undefined && silent !== undefined) listener(member, silent);
    });
    return () => subscription.unsubscribe();
  }

  async close(): Promise<void> {
    // A cluster that is closed has ended its services already.
    await this.#deployment.stop().catch((error: unknown) => {
      if (codeOf(error) !== 'HF_CLOSED') throw error;
    });
  }
}
