import { type MemberSlot, memberName } from '../../src/member.ts';
import type { MemberContext } from '../../src/node/types.ts';
import { createServiceClient } from '../../src/service/client.ts';
import type { AnyImplementation } from '../../src/service/define-service.ts';
import { type DirectoryEntry, ServiceDirectory } from '../../src/service/directory.ts';
import { ServiceHost } from '../../src/service/service-host.ts';
import type { DeploySettings, ServiceClient } from '../../src/service/types.ts';
import { Loopback, type LoopbackExchange } from './loopback-exchange.ts';

/** What one member has of services. */
export interface Thread {
  readonly exchange: LoopbackExchange;
  readonly client: ServiceClient;
  readonly host: ServiceHost;
}

/** Members of a cluster of one thread, with one directory that follows every deploy. */
export class Threads {
  readonly loopback = new Loopback();
  readonly directory = new ServiceDirectory();
  readonly #threads = new Map<MemberSlot, Thread>();
  readonly #entries: DirectoryEntry[] = [];
  #deployments = 0;

  at(slot: MemberSlot): Thread {
    let thread = this.#threads.get(slot);
    if (thread === undefined) {
      const exchange = this.loopback.exchange(slot);
      const client = createServiceClient(exchange, this.directory);
      const context = { name: memberName(slot), slot, incarnation: 1, exchange, service: client.service.bind(client) };
      thread = { exchange, client, host: new ServiceHost(context as unknown as MemberContext) };
      this.#threads.set(slot, thread);
    }
    return thread;
  }

  /** Deploy on a member and tell everybody; the deployment's number. */
  async deploy(
    slot: MemberSlot,
    implementation: AnyImplementation,
    options?: unknown,
    settings?: DeploySettings,
  ): Promise<number> {
    this.#deployments += 1;
    const deploymentId = this.#deployments;
    const { name, schemaHash } = await this.at(slot).host.deployImplementation(
      implementation,
      deploymentId,
      options,
      settings,
    );
    this.#entries.push({ service: name, node: memberName(slot), slot, deploymentId, schemaHash });
    this.directory.replace(this.#entries);
    return deploymentId;
  }

  /** Take instances out of the directory, as the supervisor does when their node died. */
  forget(slot: MemberSlot): void {
    const others = this.#entries.filter((entry) => entry.slot !== slot);
    this.#entries.splice(0, this.#entries.length, ...others);
    this.directory.replace(this.#entries);
  }

  async close(): Promise<void> {
    for (const { client, host } of this.#threads.values()) {
      client.close();
      await host.close();
    }
  }
}
