import {
  scenarioBytesMax,
  scenarioKeysMax,
  scenarioLineCharsMax,
  scenarioRepeatDepthMax,
  scenarioStatesMax,
  scenarioStepsMax,
} from '../limits.ts';
import { problemOf, ScenarioError } from './errors.ts';
import { readStep, type StepContext } from './read-step.ts';
import { defaultKey, type PlannedStep, type Scenario, type Step } from './scenario.ts';
import { headerShape, type ScenarioHeader, stepShapes } from './step-shapes.ts';

type Plain = Readonly<Record<string, unknown>>;

/**
 * Reads a scenario: JSON lines, the header first. docs/scenarios.md has the format.
 *
 * @throws ScenarioError that names the line, for anything malformed or beyond a bound of limits.ts.
 */
export function parseScenario(text: string): Scenario {
  if (text.length > scenarioBytesMax) throw new ScenarioError(0, `it is longer than ${scenarioBytesMax} bytes.`);
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) throw new ScenarioError(0, 'it is empty.');
  const header = readHeader(readObject(lines[first]!, first + 1), first + 1);
  const planner = new Planner(header);
  for (const [index, line] of lines.entries()) {
    if (index <= first || line.trim() === '') continue;
    planner.add(readObject(line, index + 1), index + 1);
  }
  return { header, keys: planner.keys, steps: planner.steps, lines };
}

function readObject(line: string, at: number): Plain {
  if (line.length > scenarioLineCharsMax) {
    throw new ScenarioError(at, `it is longer than ${scenarioLineCharsMax} characters.`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new ScenarioError(at, `it is no JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
  return requireObject(parsed, at);
}

function requireObject(value: unknown, at: number): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ScenarioError(at, 'a step is a JSON object.');
  }
  return value as Plain;
}

function readHeader(source: Plain, at: number): ScenarioHeader {
  const read = headerShape.safeParse(source);
  if (!read.success) throw new ScenarioError(at, `the header: ${problemOf(read.error)}.`);
  const { nodes, defaultOwner } = read.data;
  if (defaultOwner >= nodes) {
    throw new ScenarioError(at, `the header: defaultOwner: no such node: there are 0 to ${nodes - 1}.`);
  }
  return read.data;
}

/** Reads steps one by one and writes repeats out. */
class Planner {
  readonly #header: ScenarioHeader;
  readonly #context: StepContext;
  readonly #keys = new Set<string>();
  readonly steps: PlannedStep[] = [];

  constructor(header: ScenarioHeader) {
    this.#header = header;
    this.#context = { shapes: stepShapes(header.nodes), header, calls: new Map() };
  }

  get keys(): string[] {
    return this.#keys.size === 0 ? [defaultKey] : [...this.#keys];
  }

  add(source: Plain, line: number): void {
    this.#append(this.#read(source, line, undefined, 0), line, []);
  }

  #append(items: readonly Read[], line: number, turns: readonly number[]): void {
    for (const item of items) {
      if ('step' in item) {
        this.steps.push({ line, turns, source: item.source, step: item.step });
        this.#requireRoom(line);
      } else {
        for (let turn = 1; turn <= item.times; turn++) this.#append(item.steps, line, [...turns, turn]);
      }
    }
  }

  #requireRoom(line: number): void {
    if (this.steps.length > scenarioStepsMax) {
      throw new ScenarioError(line, `the steps, with every turn of every repeat, are more than ${scenarioStepsMax}.`);
    }
    if (this.#keys.size > scenarioKeysMax)
      throw new ScenarioError(line, `there are more than ${scenarioKeysMax} keys.`);
    if (this.steps.length * Math.max(this.#keys.size, 1) * this.#header.nodes > scenarioStatesMax) {
      throw new ScenarioError(line, `steps times keys times nodes are more than ${scenarioStatesMax}.`);
    }
  }

  #read(source: Plain, line: number, key: string | undefined, depth: number): Read[] {
    if (!('repeat' in source)) {
      const step = readStep(this.#context, source, line, key);
      const about = keyOf(step);
      if (about !== undefined) this.#keys.add(about);
      return [{ step, source }];
    }
    if (depth === scenarioRepeatDepthMax) {
      throw new ScenarioError(line, `repeats are more than ${scenarioRepeatDepthMax} deep.`);
    }
    const read = this.#context.shapes.repeat.safeParse(source);
    if (!read.success) throw new ScenarioError(line, `repeat: ${problemOf(read.error)}.`);
    const { repeat: times, steps, key: own } = read.data;
    const inner = steps.flatMap((each) => this.#read(requireObject(each, line), line, own ?? key, depth + 1));
    return inner.length === 0 ? [] : [{ times, steps: inner }];
  }
}

type Read =
  | { readonly step: Step; readonly source: Plain }
  | { readonly times: number; readonly steps: readonly Read[] };

/** The object a step is about, where it is about one. */
function keyOf(step: Step): string | undefined {
  if (step.type === 'expect') return 'key' in step.expectation ? step.expectation.key : undefined;
  return 'key' in step ? step.key : undefined;
}
