import { scenarioDeliveriesListed, scenarioDeliveriesMax } from '../limits.ts';
import { disappointments } from './expectations.ts';
import type { Envelope } from './links.ts';
import { kindNameOf, kindOf } from './message-kinds.ts';
import { nodeState } from './node-state.ts';
import type { ObjectReport, ScenarioReport, StepReport } from './report.ts';
import type { PlannedStep, Scenario, Step } from './scenario.ts';
import { ScenarioWorld } from './scenario-world.ts';
import { StepFailure } from './step-failure.ts';

/**
 * Runs a scenario to its end, or to the first step that breaks an invariant. Always the same for the same scenario.
 *
 * @param onStep told of each step as soon as it ran.
 */
export function runScenario(scenario: Scenario, onStep?: (step: StepReport) => void): ScenarioReport {
  const runner = new ScenarioRunner(scenario);
  const steps: StepReport[] = [];
  for (const planned of scenario.steps) {
    const step = runner.run(planned);
    steps.push(step);
    onStep?.(step);
    if (runner.isBroken) break;
  }
  return {
    passed: steps.every(({ passed }) => passed),
    header: scenario.header,
    steps,
    stepsNotRun: scenario.steps.length - steps.length,
    lines: scenario.lines,
  };
}

class ScenarioRunner {
  readonly #world: ScenarioWorld;
  readonly #keys: readonly string[];
  readonly #nodes: readonly number[];
  /** An invariant does not hold, or a kernel refused an event: nothing after it would mean anything. */
  isBroken = false;
  #delivered: Envelope[] = [];
  #deliveredCount = 0;
  #failures: string[] = [];
  #objects: readonly ObjectReport[] = [];

  constructor({ header, keys }: Scenario) {
    this.#world = new ScenarioWorld(header);
    this.#keys = keys;
    this.#nodes = Array.from({ length: header.nodes }, (_, node) => node);
  }

  run({ line, turns, source, step }: PlannedStep): StepReport {
    this.#delivered = [];
    this.#deliveredCount = 0;
    this.#failures = [];
    this.#world.unknown = [];
    try {
      this.#perform(step);
      if (!this.isBroken) this.#world.checkRest();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#world.violation !== undefined) {
      this.#failures.push(this.#world.violation);
      this.isBroken = true;
    }
    return {
      line,
      turns,
      step: source,
      passed: this.#failures.length === 0,
      failures: this.#failures,
      delivered: this.#delivered.map(({ from, to, key, message, isDropped }) => ({
        from,
        to,
        ...(key !== undefined && { key }),
        kind: kindNameOf(message),
        ...(isDropped && { dropped: true }),
      })),
      deliveredCount: this.#deliveredCount,
      ...(this.#world.unknown.length > 0 && { unknown: this.#world.unknown }),
      objects: this.#look(step),
    };
  }

  #failed(error: unknown): void {
    const isExpected = error instanceof StepFailure;
    const message = error instanceof Error ? error.message : String(error);
    this.#failures.push(isExpected ? message : `the kernel refused it: ${message}`);
    if (!isExpected) this.isBroken = true;
  }

  /** Expectations change nothing: they share the look of the step before. */
  #look({ type }: Step): readonly ObjectReport[] {
    if (type === 'expect' && this.#objects.length > 0) return this.#objects;
    this.#objects = this.#keys.map((key) => ({
      key,
      nodes: this.#nodes.map((node) => nodeState(this.#world, key, node)),
    }));
    return this.#objects;
  }

  #perform(step: Step): void {
    const { links } = this.#world;
    switch (step.type) {
      case 'call':
        this.#world.call(step);
        break;
      case 'deliver':
        this.#deliver(step);
        break;
      case 'duplicate': {
        const { duplicate: link, key, kind, toKernel } = step;
        if (links.duplicate(link, toKernel !== true, choose(key, kind)) === undefined) {
          throw new StepFailure(nothingOn(link, kind));
        }
        break;
      }
      case 'hold':
        links.hold(step.link);
        break;
      case 'release':
        links.release(step.link);
        break;
      case 'fill':
        this.#world.fill(step.node, step.key, step.outcome);
        break;
      case 'crash':
        this.#world.crash(step.node, step.keep);
        break;
      case 'view':
        for (const arrived of this.#world.view(step.number, step.nodes)) this.#count(arrived);
        break;
      case 'restart':
        this.#world.restart(step.node);
        break;
      case 'reset':
        this.#world.counts.reset(step.key);
        break;
      case 'expect':
        this.#failures.push(...disappointments(this.#world, step.expectation));
        break;
      case 'note':
        break;
    }
  }

  #deliver({ deliver: link, count = 1, kind, key }: Extract<Step, { type: 'deliver' }>): void {
    const choice = choose(key, kind);
    if (link === 'all') {
      while (this.#deliveredCount < scenarioDeliveriesMax && this.#world.violation === undefined) {
        if (!this.#count(this.#world.deliverLowest(choice))) return;
      }
      if (this.#world.violation !== undefined) return;
      if (this.#world.links.hasDeliverable(choice)) {
        throw new StepFailure(`it does not come to rest within ${scenarioDeliveriesMax} deliveries`);
      }
      return;
    }
    for (let index = 0; index < count; index++) {
      if (!this.#count(this.#world.deliver(link, choice))) throw new StepFailure(nothingOn(link, kind));
      if (this.#world.violation !== undefined) return;
    }
  }

  /** Whether there was a message. */
  #count(delivery: Envelope | undefined): boolean {
    if (delivery === undefined) return false;
    this.#deliveredCount++;
    if (this.#delivered.length < scenarioDeliveriesListed) this.#delivered.push(delivery);
    return true;
  }
}

function choose(key: string | undefined, kind: string | undefined) {
  const isKind = kind === undefined ? undefined : kindOf(kind);
  return (envelope: Pick<Envelope, 'key' | 'message'>): boolean =>
    (key === undefined || envelope.key === key) && (isKind === undefined || isKind(envelope.message));
}

const nothingOn = ([from, to]: readonly [number, number], kind: string | undefined): string =>
  `no ${kind ?? 'message'} is on the link from ${from} to ${to}`;
