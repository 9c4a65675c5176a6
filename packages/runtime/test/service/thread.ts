import { type MemberSlot, memberName } from '../../src/member.ts';
import type { MemberContext } from '../../src/node/types.ts';
import { createServiceClient } from '../../src/service/client.ts';
import type { Courier } from '../../src/service/courier.ts';
import { couriersOf } from '../../src/service/couriers.ts';
import { type AnyImplementation, defineService, rpc } from '../../src/service/define-service.ts';
import { type DirectoryEntry, ServiceDirectory } from '../../src/service/directory.ts';
import { RpcCalls } from '../../src/service/rpc-calls.ts';
import { RpcTarget, ServiceTarget } from '../../src/service/rpc-target.ts';
import { schemaHash } from '../../src/service/schema-hash.ts';
import { ServiceHost } from '../../src/service/service-host.ts';
import type { ServiceClient } from '../../src/service/types.ts';
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
  /** What subscribers threw. */
  readonly reported: unknown[] = [];
  readonly #threads = new Map<MemberSlot, Thread>();
  readonly #entries: DirectoryEntry[] = [];
  #deployments = 0;

  at(slot: MemberSlot): Thread {
    let thread = this.#threads.get(slot);
    if (thread === undefined) {
      const exchange = this.loopback.exchange(slot);
      const client = createServiceClient(exchange, this.directory, (error) => this.reported.push(error));
      const context = { name: memberName(slot), slot, incarnation: 1, exchange, service: client.service.bind(client) };
      thread = { exchange, client, host: new ServiceHost(context as unknown as MemberContext) };
      this.#threads.set(slot, thread);
    }
    return thread;
  }

  /** The member's thread ends and another takes its place: everything it had is gone, its peers hear of it. */
  restart(slot: MemberSlot): Thread {
    const peers = [...this.#threads.keys()].filter((peer) => peer !== slot);
    for (const peer of peers) this.loopback.lose(peer, slot, 'restarted');
    this.#threads.delete(slot);
    const thread = this.at(slot);
    for (const peer of peers) this.at(peer).exchange.becomeReady(slot);
    return thread;
  }

  /** Deploy on a member and tell everybody; the deployment's number. */
  async deploy(slot: MemberSlot, implementation: AnyImplementation, options?: unknown): Promise<number> {
    this.#deployments += 1;
    const deploymentId = this.#deployments;
    const { name, schemaHash } = await this.at(slot).host.deployImplementation(implementation, deploymentId, options);
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

  courierAt(slot: MemberSlot): { readonly courier: Courier } {
    return { courier: couriersOf(this.at(slot).exchange).calls };
  }

  /** A call by numbers, without a definition: what a wrong or hostile caller could send. */
  callMember(from: MemberSlot, to: MemberSlot, deploymentId: number, member: number): Promise<unknown> {
    const odd = defineService('odd', { member: rpc({}) });
    const directory = new ServiceDirectory();
    const entry = { service: 'odd', node: memberName(to), slot: to, deploymentId, schemaHash: schemaHash(odd) };
    directory.replace([entry]);
    const { exchange } = this.at(from);
    const target = new RpcTarget(new ServiceTarget(odd, directory, () => true), 'member', member, odd.members.member);
    return new RpcCalls(couriersOf(exchange).calls).call(target, undefined, undefined);
  }

  async close(): Promise<void> {
    for (const { client, host } of this.#threads.values()) {
      client.close();
      await host.close();
    }
  }
}
