import { deployMs } from '../control/config.ts';
import { settledWithin } from '../control/deadline.ts';
import type { DeploymentRecord, DeployRequest } from '../control/supervisor-api.ts';
import { ConfigError, NodeDownError, UnknownNodeError } from '../errors.ts';
import { describeError } from '../events/cluster-event.ts';
import { controlMsDefault, deploymentsMax, directoryMs } from '../limits.ts';
import type { MemberName, MemberSlot } from '../member.ts';
import type { DirectoryEntry } from '../service/directory.ts';
import type { DeployedService } from '../service/types.ts';
import { AckRounds } from './ack-rounds.ts';
import type { MemberRecord } from './member-record.ts';
import type { SupervisorParts } from './parts.ts';
import { RestartCounter } from './restart-policy.ts';

interface Deployment {
  readonly id: number;
  readonly service: string;
  readonly request: DeployRequest;
  /** Limits restarts of the nodes it is on, when it asked for that. */
  readonly restarts: RestartCounter | undefined;
  readonly instances: Map<MemberSlot, DirectoryEntry>;
}

/** Which services run where: deploys them, brings them back after a restart, and tells every member. */
export class Deployments {
  readonly #parts: SupervisorParts;
  readonly #deployments = new Map<number, Deployment>();
  readonly #rounds = new AckRounds();
  #lastId = 0;
  #lastDeploymentId = 0;
  #version = 0;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  get entries(): DirectoryEntry[] {
    return [...this.#deployments.values()].flatMap((deployment) => [...deployment.instances.values()]);
  }

  /** Load the module on all nodes asked for; on all or, when one fails, on none. */
  async deploy(request: DeployRequest): Promise<DeploymentRecord> {
    if (this.entries.length + request.on.length > deploymentsMax) {
      throw new ConfigError(`A cluster runs at most ${deploymentsMax} services.`, { hint: 'Stop some first.' });
    }
    const nodes = request.on.map((name) => this.#node(name));
    const attempts = await Promise.allSettled(nodes.map((node) => this.#load(node, request, nodes.length)));
    const loaded = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    const failed = attempts.find((attempt) => attempt.status === 'rejected');
    const first = loaded[0];
    if (failed !== undefined || first === undefined) {
      await Promise.allSettled(loaded.map((entry) => this.#unload(entry)));
      throw failed?.reason ?? new ConfigError('A service is deployed on at least one node.', { hint: 'Name one.' });
    }
    this.#lastId += 1;
    const { restart } = request;
    this.#deployments.set(this.#lastId, {
      id: this.#lastId,
      service: first.service,
      request,
      restarts: restart && new RestartCounter({ strategy: 'one-for-one', ...restart }),
      instances: new Map(loaded.map((entry) => [entry.slot, entry])),
    });
    for (const { service, node, deploymentId } of loaded) {
      this.#parts.outbox.publish('deployed', { service, node, deploymentId });
    }
    await this.publish();
    return { id: this.#lastId, service: first.service, nodes: loaded.map((entry) => entry.node) };
  }

  async undeploy(id: number): Promise<void> {
    const deployment = this.#deployments.get(id);
    if (deployment === undefined) return;
    this.#deployments.delete(id);
    await this.publish();
    const unloads = await Promise.allSettled(Array.from(deployment.instances.values(), (entry) => this.#unload(entry)));
    const failed = unloads.find((unload) => unload.status === 'rejected');
    if (failed !== undefined && !(failed.reason instanceof NodeDownError)) throw failed.reason;
  }

  /** The limits that apply to a node because of what runs on it. */
  restartCounters(slot: MemberSlot): RestartCounter[] {
    const counters = [];
    for (const { request, restarts } of this.#deployments.values()) {
      const here = request.on.some((name) => this.#parts.roster.byName(name).slot === slot);
      if (here && restarts !== undefined) counters.push(restarts);
    }
    return counters;
  }

  /** A node is gone, and its instances with it. */
  async nodeDown(slot: MemberSlot): Promise<void> {
    this.#rounds.forget(slot);
    let changed = false;
    for (const deployment of this.#deployments.values()) changed = deployment.instances.delete(slot) || changed;
    if (changed) await this.publish();
  }

  /** Bring back on a restarted node what was deployed there. Each instance is new: only its code and options return. */
  async nodeUp(node: MemberRecord): Promise<void> {
    for (const deployment of this.#deployments.values()) {
      if (!deployment.request.on.includes(node.name)) continue;
      const { service } = deployment;
      try {
        const entry = await this.#load(node, deployment.request, 1);
        if (!this.#deployments.has(deployment.id)) {
          await this.#unload(entry);
          continue;
        }
        deployment.instances.set(node.slot, entry);
        this.#parts.outbox.publish('deployed', { service, node: node.name, deploymentId: entry.deploymentId });
      } catch (error) {
        this.#parts.outbox.publish('deploy-failed', { service, node: node.name, error: describeError(error) });
      }
    }
    await this.publish();
  }

  acknowledge(slot: MemberSlot, version: number): void {
    this.#rounds.acknowledge(slot, version);
  }

  /** Tell every running member the whole directory, and wait a bounded time until they know it. */
  async publish(): Promise<void> {
    this.#version += 1;
    const { entries } = this;
    const recipients = this.#parts.roster.running();
    const known = this.#rounds.open(
      this.#version,
      recipients.map((recipient) => recipient.slot),
    );
    for (const { control } of recipients) control.post({ type: 'directory', version: this.#version, entries });
    await settledWithin(known, directoryMs);
  }

  #node(name: MemberName): MemberRecord {
    const record = this.#parts.roster.byName(name);
    if (record.thread === undefined) throw new UnknownNodeError(name, { hint: 'Services run on nodes.' });
    return record;
  }

  async #load(node: MemberRecord, { module, options }: DeployRequest, nodes: number): Promise<DirectoryEntry> {
    this.#lastDeploymentId += 1;
    const order = { deploymentId: this.#lastDeploymentId, module, options };
    const body = { type: 'deploy', order } as const;
    const timeoutMs = deployMs(this.#parts.config, nodes);
    const answer = await this.#parts.requests.ask(node, body, `Deploying ${module}`, timeoutMs);
    const { name: service, schemaHash } = answer as DeployedService;
    return { service, schemaHash, node: node.name, slot: node.slot, deploymentId: order.deploymentId };
  }

  async #unload({ service, node, slot, deploymentId }: DirectoryEntry): Promise<void> {
    const record = this.#parts.roster.get(slot);
    if (record === undefined) return;
    await this.#parts.requests.ask(record, { type: 'undeploy', deploymentId }, `Stopping ${service}`, controlMsDefault);
    this.#parts.outbox.publish('undeployed', { service, node, deploymentId });
  }
}
