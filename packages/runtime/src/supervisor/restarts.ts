import { BootError, ClosedError } from '../errors.ts';
import { type DeathCause, describeError } from '../events/cluster-event.ts';
import type { MemberName } from '../member.ts';
import type { Deployments } from './deployments.ts';
import type { MemberRecord } from './member-record.ts';
import type { Nodes } from './nodes.ts';
import type { SupervisorParts } from './parts.ts';
import { RestartCounter } from './restart-policy.ts';

/** Decides what follows a node's death, and does it. */
export class Restarts {
  readonly #parts: SupervisorParts;
  readonly #nodes: Nodes;
  readonly #deployments: Deployments;
  readonly #cluster: RestartCounter;
  /** Counts escalations: a restart that was owed before one is owed no more. */
  #escalations = 0;

  constructor(parts: SupervisorParts, nodes: Nodes, deployments: Deployments) {
    this.#parts = parts;
    this.#nodes = nodes;
    this.#deployments = deployments;
    this.#cluster = new RestartCounter(parts.config.restart);
  }

  /** Start a new incarnation of a node, and bring back on it what was deployed there. */
  async restart(name: MemberName, wanted?: () => boolean): Promise<void> {
    const record = await this.#nodes.restart(name, wanted);
    await this.#deployments.nodeUp(record);
  }

  /** A death that somebody ordered for a reason of their own (`closed`, `recycled`, `stuck`) has no further effect. */
  afterDeath(record: MemberRecord, cause: DeathCause): void {
    if (cause === 'closed' || cause === 'recycled' || cause === 'stuck' || record.thread === undefined) return;
    const nowMs = performance.now();
    const restarts = this.#countForDeployments(record, nowMs);
    if (restarts > 0) void this.#owe(record.name, restarts);
    else this.#decideForCluster(record, nowMs);
  }

  /** Count a restart on every deployment of the node that limits them; 0 when none does, or one is at its limit. */
  #countForDeployments(record: MemberRecord, nowMs: number): number {
    const counters = this.#deployments.restartCounters(record.slot);
    const exhausted = counters.find((counter) => counter.exhausted(nowMs));
    if (exhausted !== undefined) {
      this.#escalated(record.name, 'deployment', exhausted);
      return 0;
    }
    for (const counter of counters) counter.decide(nowMs);
    return Math.max(0, ...counters.map((counter) => counter.restarts));
  }

  #decideForCluster({ name }: MemberRecord, nowMs: number): void {
    const decision = this.#cluster.decide(nowMs);
    if (decision === 'restart') void this.#owe(name, this.#cluster.restarts);
    else if (decision === 'restart-all') void this.#restartAll(name, this.#cluster.restarts);
    else if (decision === 'escalate') {
      this.#escalated(name, 'cluster', this.#cluster);
      this.#escalations += 1;
      void this.#nodes.endAll('recycled');
    }
  }

  #escalated(node: MemberName, scope: 'deployment' | 'cluster', { policy }: RestartCounter): void {
    this.#parts.outbox.publish('escalated', { node, scope, restarts: policy.max, withinMs: policy.withinMs });
  }

  async #restartAll(name: MemberName, restarts: number): Promise<void> {
    const others = this.#parts.roster.records.filter((record) => record.thread !== undefined && record.name !== name);
    await Promise.all(others.map((record) => this.#nodes.end(record, 'recycled')));
    await Promise.all([name, ...others.map((record) => record.name)].map((node) => this.#owe(node, restarts)));
  }

  /** A restart nobody waits for. When its boot fails, that death is decided on by itself. */
  async #owe(name: MemberName, restarts: number): Promise<void> {
    this.#parts.outbox.publish('node-restarting', { node: name, restarts });
    const escalations = this.#escalations;
    try {
      await this.restart(name, () => this.#escalations === escalations);
    } catch (error) {
      if (error instanceof BootError || error instanceof ClosedError) return;
      this.#parts.outbox.publish('restart-failed', { node: name, error: describeError(error) });
    }
  }
}
