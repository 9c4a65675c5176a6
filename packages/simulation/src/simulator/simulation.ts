import type { KernelEvent } from '@holdfast/kernel';
import { convergenceCheckEvents, digestStateEvents, runEventsMax, storyLinesMax } from '../limits.ts';
import type { CellLog } from '../world/cell-log.ts';
import { topologyOf } from '../world/topology.ts';
import type { Choices } from './choices.ts';
import { Digest } from './digest.ts';
import { EventQueue } from './event-queue.ts';
import { FaultInjector } from './fault-injector.ts';
import { type FaultPlan, planFaults } from './fault-plan.ts';
import { LiveDisks } from './live-disks.ts';
import { LiveNetwork } from './live-network.ts';
import { LiveNode } from './live-node.ts';
import { LiveStacks } from './live-stacks.ts';
import { LiveView } from './live-view.ts';
import { Referee, type SimulatedViolation } from './referee.ts';
import type { SimulatedFault, SimulationSpec, Undecided } from './simulation-spec.ts';
import type { SimulatedEvent, Stage } from './stage.ts';
import { Workload } from './workload.ts';

export interface SimulatedRun {
  /** Kernel steps: messages, timers, calls, disk completions, link changes and what parts pass each other. */
  readonly events: number;
  /** Messages that reached a kernel. */
  readonly messages: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Partial<Record<SimulatedFault, number>>>;
  readonly violation: SimulatedViolation | undefined;
  /** What the end of the run left open: no violation is known, and none is ruled out. */
  readonly undecided: Undecided | undefined;
  /** 64 bits over everything that happened, as hexadecimal digits. */
  readonly digest: string;
  /** The last lines of what happened; empty unless asked for. */
  readonly story: readonly string[];
  /** The `sometimes` properties of the world that held at some time. */
  readonly reached: readonly string[];
}

const defaults = { messageMs: 1, callMs: 1, diskMs: 0.2, safetyMs: 2000, livenessMs: 60_000, clockSkew: 0.05 };
const skewSteps = 256;

export interface SimulateOptions {
  readonly wantStory?: boolean;
  /** It is one of the many runs that make a failing one small: what judges its end gives up early. */
  readonly isShrinking?: boolean;
}

/** One run: faults for a while, then none, and the core must converge. Everything follows from `choices`. */
export function simulate(
  spec: SimulationSpec,
  choices: Choices,
  cells: CellLog,
  options: SimulateOptions = {},
): SimulatedRun {
  return new Simulation(spec, choices, cells, options).run();
}

class Simulation implements Stage {
  readonly choices: Choices;
  readonly plan: FaultPlan;
  readonly nodes: readonly LiveNode[];
  readonly queue = new EventQueue<SimulatedEvent>();
  nowNs = 0;
  safety = true;
  inFlight = 0;
  messages = 0;
  readonly #spec: SimulationSpec;
  readonly #referee: Referee;
  readonly #network: LiveNetwork;
  readonly #disks: LiveDisks;
  readonly #stacks: LiveStacks;
  readonly #workload: Workload;
  readonly #view: LiveView;
  readonly #digest = new Digest();
  readonly #faults: Partial<Record<SimulatedFault, number>> = {};
  readonly #story: string[] | undefined;
  readonly #isShrinking: boolean;
  #undecided: Undecided | undefined;
  /** The referee has seen the world as it is. */
  #isJudged = false;

  constructor(
    spec: SimulationSpec,
    choices: Choices,
    cells: CellLog,
    { wantStory = false, isShrinking = false }: SimulateOptions,
  ) {
    this.#spec = spec;
    this.choices = choices;
    this.#story = wantStory ? [] : undefined;
    this.#isShrinking = isShrinking;
    this.plan = planFaults(spec, choices.stream('swarm'));
    const { world } = spec;
    const clocks = choices.stream('clocks');
    const skew = spec.clockSkew ?? defaults.clockSkew;
    this.nodes = world.nodes.map((node, index) => {
      // A draw of 0 is an exact clock; the others spread evenly over both sides of it.
      const draw = clocks.choose(skewSteps);
      return new LiveNode(index, node, draw === 0 ? 1 : 1 + skew * ((2 * draw) / skewSteps - 1));
    });
    for (const { parts } of world.nodes) {
      for (const { kernel } of parts) cells.declare(kernel.name, kernel.table);
    }
    this.#referee = new Referee(world);
    this.#network = new LiveNetwork(this, world, topologyOf(world), spec.messageMs ?? defaults.messageMs);
    const stop = (node: LiveNode, ms: number) => {
      this.crash(node);
      this.after(ms, () => {
        if (node.up) return;
        this.count('restart');
        this.restart(node);
      });
    };
    this.#disks = new LiveDisks(this, spec.diskMs ?? defaults.diskMs, {
      disks: world.disks,
      ...(spec.failedDiskStops === true && { stop }),
    });
    this.#stacks = new LiveStacks({
      stage: this,
      network: this.#network,
      disks: this.#disks,
      referee: this.#referee,
      cells,
      digest: this.#digest,
    });
    this.#workload = new Workload(this, world.calls, spec.callMs ?? defaults.callMs);
    this.#view = new LiveView(this.nodes, this.#network, this.#referee.monitors, this.#workload.issued);
  }

  run(): SimulatedRun {
    let violation: SimulatedViolation | undefined;
    try {
      this.#begin();
      violation = this.#runSafety() ?? this.#runLiveness();
    } catch (thrown) {
      const property = thrown instanceof Error ? thrown.name : 'thrown';
      violation = { kind: 'error', property, message: String(thrown) };
    }
    if (violation !== undefined) this.tell(() => `${violation.property}: ${violation.message}`);
    for (const node of this.nodes) this.#stacks.digestStates(node);
    return {
      events: this.#stacks.steps,
      messages: this.messages,
      virtualMs: this.nowNs / 1e6,
      faults: this.#faults,
      violation,
      undecided: this.#undecided,
      digest: this.#digest.hex(),
      story: this.#story ?? [],
      reached: [...this.#referee.reached],
    };
  }

  afterAt(node: LiveNode, delayMs: number, act: () => void): void {
    this.#schedule(delayMs, node, node.incarnation, act);
  }

  after(delayMs: number, act: () => void): void {
    this.#schedule(delayMs, undefined, 0, act);
  }

  input(node: number, part: number, event: KernelEvent | undefined): void {
    if (event !== undefined) this.#stacks.input(this.nodes[node]!, part, event);
  }

  nothingHappened(): void {
    this.#isJudged = true;
  }

  count(fault: SimulatedFault): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  tell(line: () => string): void {
    const story = this.#story;
    if (story === undefined) return;
    if (story.length === storyLinesMax) story.shift();
    story.push(`${(this.nowNs / 1e6).toFixed(3)} ms  ${line()}`);
  }

  crash(node: LiveNode): void {
    this.tell(() => `${node.spec.name} crashes`);
    this.#disks.crash(node);
    node.stop();
    this.#network.nodeStopped(node);
    this.#referee.observe({ kind: 'crash', node: node.number, part: 0, number: 0, value: 0 });
  }

  jumpClock(node: LiveNode, ms: number): void {
    this.tell(() => `the clock of ${node.spec.name} jumps ${ms.toFixed(1)} ms ahead`);
    this.#stacks.jumpClock(node, ms);
  }

  restart(node: LiveNode): void {
    node.start();
    this.tell(() => `${node.spec.name} starts, incarnation ${node.incarnation}`);
    const { number, incarnation } = node;
    this.#referee.observe({ kind: 'start', node: number, part: 0, number: incarnation, value: 0 });
    for (const [part, { start }] of node.spec.parts.entries()) this.input(number, part, start?.(incarnation));
    this.#network.nodeStarted(node);
  }

  #begin(): void {
    for (const node of this.nodes) this.restart(node);
    this.#network.start();
    new FaultInjector(this, this.#spec.world.links.length, this.#network, this.#disks, this).start();
    const observe = this.#referee.watches('call');
    this.#workload.start(this.#view, (call, index, value) => {
      if (observe) this.#referee.observe({ kind: 'call', node: call.node, part: call.part, number: index, value });
    });
  }

  #runSafety(): SimulatedViolation | undefined {
    const endNs = (this.#spec.safetyMs ?? defaults.safetyMs) * 1e6;
    const bounded = this.#spec.world.calls.some(({ times }) => times !== 'unlimited');
    while (this.nowNs < endNs && this.#stacks.steps < runEventsMax) {
      if (bounded && this.#workload.done) return undefined;
      if (!this.#advance()) return undefined;
      const violation = this.#judge();
      if (violation !== undefined) return violation;
    }
    return undefined;
  }

  #runLiveness(): SimulatedViolation | undefined {
    const { core } = this.plan;
    this.tell(() => `faults stop between ${core.map((node) => this.nodes[node]?.spec.name).join(', ')}`);
    this.safety = false;
    this.#isJudged = false;
    for (const node of core) if (!this.nodes[node]!.up) this.restart(this.nodes[node]!);
    this.#network.heal(core);
    const endNs = this.nowNs + (this.#spec.livenessMs ?? defaults.livenessMs) * 1e6;
    const stepsEnd = this.#stacks.steps + runEventsMax;
    for (let events = 1; ; events++) {
      const violation = this.#judge();
      if (violation !== undefined) return violation;
      if (events % convergenceCheckEvents === 0 && this.#missing() === undefined) return this.#ending();
      const stuck = !this.#advance();
      if (!stuck && this.nowNs < endNs && this.#stacks.steps < stepsEnd) continue;
      const missing = this.#missing();
      if (missing === undefined) return this.#ending();
      const when = stuck ? 'nothing more can happen' : 'it took too long';
      return { kind: 'liveness', property: 'converges', message: `${missing}; ${when} after faults had stopped` };
    }
  }

  /** Worlds that did not change since are as they were. */
  #judge(): SimulatedViolation | undefined {
    if (this.#isJudged) return undefined;
    this.#isJudged = true;
    return this.#referee.judge(this.#view, this.inFlight === 0, this.#disks.changes);
  }

  #ending(): SimulatedViolation | undefined {
    const { ending } = this.#spec;
    const wrong = ending?.violation(this.#view, this.#isShrinking);
    if (ending === undefined || wrong === undefined) return undefined;
    if (typeof wrong === 'string') return { kind: 'ending', property: ending.name, message: wrong };
    this.#undecided = wrong;
    return undefined;
  }

  #missing(): string | undefined {
    if (!this.#workload.done) return 'calls are still to be issued';
    return this.#spec.missing(this.#view, this.plan.core);
  }

  /** Let the next event happen; false when there is none. */
  #advance(): boolean {
    const event = this.queue.next();
    if (event === undefined) return false;
    const { node } = event;
    if (node !== undefined) {
      if (node.incarnation !== event.incarnation || !node.up) return true;
      if (node.pausedUntilNs > event.dueNs) {
        event.dueNs = node.pausedUntilNs;
        this.queue.reschedule(event);
        return true;
      }
    }
    this.nowNs = event.dueNs;
    this.#isJudged = false;
    event.act();
    if (node !== undefined && this.#stacks.steps % digestStateEvents === 0) this.#stacks.digestStates(node);
    return true;
  }

  #schedule(delayMs: number, node: LiveNode | undefined, incarnation: number, act: () => void): void {
    // Whole numbers, so that what is due at one time is due at the very same number, however it was computed.
    const dueNs = Math.round(this.nowNs + delayMs * 1e6);
    this.queue.schedule({ dueNs, order: 0, node, incarnation, act });
  }
}
