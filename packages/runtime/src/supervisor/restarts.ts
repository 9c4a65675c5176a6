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
    if (cause === 'closed' || cause === 'recycled' || cause === 'stuck') return;
    const counter = this.#limitOf(record) ?? this.#cluster;
    const { max, withinMs } = counter.policy;
    switch (counter.decide(performance.now())) {
      case 'leave':
        return;
      case 'restart':
        void this.#owe(record.name, counter.restarts);
        return;
      case 'restart-all':
        void this.#restartAll(record.name, counter.restarts);
        return;
      case 'escalate':
        this.#parts.outbox.publish('escalated', { node: record.name, scope: 'cluster', restarts: max, withinMs });
        this.#escalations += 1;
        void this.#nodes.endAll('recycled');
        return;
    }
  }

  /** The counter of a deployment on the node that still allows a restart; the cluster's policy follows when none does. */
  #limitOf(record: MemberRecord): RestartCounter | undefined {
    const node = record.name;
    const counters = this.#deployments.restartCounters(record.slot);
    const exhausted = counters.find((counter) => counter.exhausted(performance.now()));
    if (exhausted === undefined) return counters[0];
    const { max, withinMs } = exhausted.policy;
    this.#parts.outbox.publish('escalated', { node, scope: 'deployment', restarts: max, withinMs });
    return undefined;
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
