import type { CallResult, NodeId, ObjectEntry, ObjectNotice } from '../kernel/object-types.ts';
import type { ViewMessage } from '../kernel/view-types.ts';
import { type CrashGhost, crashMonitor } from '../verification/crash-monitor.ts';
import { coherenceOf, leasesHold, nobodyForgotten, oneWriter, type Sight } from '../verification/object-properties.ts';
import { brokenPromise, noValue, seeReply, seeRun, seeStep } from '../verification/value-monitor.ts';
import { absentHasNoCopy, oneSurvivingOwner } from '../verification/view-properties.ts';
import { objectEnvOf } from './node-host.ts';
import type { ScenarioHeader } from './step-shapes.ts';

/** What of the nodes can be held against each other. */
export interface Moment {
  readonly entries: readonly ObjectEntry[];
  readonly under: Sight['under'];
  /** The members, where all of them live, know it and serve calls: else a death or a change of view goes on. */
  readonly steady: readonly NodeId[] | undefined;
}

/** Holds one object against what `holdfast explore coherence` proves. */
export class CoherenceWatch {
  readonly #header: ScenarioHeader;
  readonly #value = noValue();
  /** Through deaths a value may be lost; until the first the stricter watch holds. */
  readonly #monitor: ReturnType<typeof crashMonitor>;
  readonly #ghost: CrashGhost;
  readonly #steadyChecks = new Map<string, ReturnType<typeof coherenceOf>>();
  #hasCrashed = false;
  /** Operations that were run, by the node and number of their calls. */
  readonly #ran = new Set<string>();
  #ranTwice = false;

  constructor(header: ScenarioHeader) {
    this.#header = header;
    const nodes = Array.from({ length: header.nodes }, (_, node) => node);
    this.#monitor = crashMonitor({ nodes, backup: header.set.backup === 1, grabsByHand: true });
    this.#ghost = this.#monitor.initial() as CrashGhost;
  }

  /** The monitor takes node 0 for the default owner: the two change places. */
  #renamed(node: NodeId): NodeId {
    const { defaultOwner } = this.#header;
    if (node === defaultOwner) return 0;
    return node === 0 ? defaultOwner : node;
  }

  #observe(kind: 'trace' | 'reply' | 'send' | 'crash' | 'event', node: NodeId, number: number, value: unknown): void {
    this.#monitor.observe(this.#ghost, { kind, node: this.#renamed(node), part: 0, number, value });
  }

  /** A kernel named a step of the protocol. */
  step(node: NodeId, name: string, number: number): void {
    seeStep(this.#value, name, number);
    this.#observe('trace', node, name === 'survives' || name === 'gone' ? this.#renamed(number) : number, name);
  }

  /** A kernel answered a call. */
  reply(node: NodeId, call: number, result: CallResult): void {
    seeReply(this.#value, result);
    this.#observe('reply', node, call, { result });
  }

  /** A kernel asked its host for something. */
  notice(notice: ObjectNotice): void {
    seeRun(this.#value, notice);
    if (notice.type !== 'run') return;
    const name = `${notice.node} ${notice.call}`;
    this.#ranTwice ||= this.#ran.has(name);
    this.#ran.add(name);
  }

  sent(from: NodeId, to: NodeId, message: ViewMessage): void {
    this.#observe('send', from, this.#renamed(to), message);
  }

  arrives(from: NodeId, to: NodeId, message: ViewMessage): void {
    this.#observe('event', to, 0, { type: 'message', from, message });
  }

  crashes(node: NodeId): void {
    this.#hasCrashed = true;
    this.#observe('crash', node, 0, undefined);
  }

  /** What a node certainly did not receive of what `sender` sent. */
  comesBack(sender: NodeId, node: NodeId, undelivered: readonly ViewMessage[]): void {
    this.#observe('event', sender, 0, { type: 'ended', node, undelivered });
  }

  /** What does not hold now. */
  violation({ entries, under, steady }: Moment): string | undefined {
    if (this.#ranTwice) return 'an operation was run twice';
    const broken = this.#hasCrashed ? this.#monitor.violation?.(this.#ghost) : brokenPromise(this.#value);
    if (broken !== undefined) return broken;
    const checks = [oneWriter, leasesHold, oneSurvivingOwner, absentHasNoCopy];
    if (steady !== undefined) checks.push(this.#steadyCheck(steady));
    for (const check of checks) {
      const violation = check({ entries, under });
      if (violation !== undefined) return violation;
    }
    return undefined;
  }

  #steadyCheck(members: readonly NodeId[]): ReturnType<typeof coherenceOf> {
    const name = members.join();
    let check = this.#steadyChecks.get(name);
    if (check === undefined) {
      const envs = Array.from({ length: this.#header.nodes }, (_, node) =>
        objectEnvOf(this.#header, node, { epoch: 0, members }),
      );
      check = coherenceOf(envs);
      this.#steadyChecks.set(name, check);
    }
    return check;
  }

  /** What does not hold where nothing is under way and no death is to be dealt with. */
  violationAtRest(entries: readonly ObjectEntry[]): string | undefined {
    return nobodyForgotten({ entries, under: [] });
  }
}
