import type { z } from 'zod';
import { problemOf, ScenarioError } from './errors.ts';
import { type Operation, operationOf } from './operations.ts';
import { type CallStep, defaultKey, type Expectation, type FillOutcome, type Step } from './scenario.ts';
import type { ScenarioHeader, ShapeOf, StepShapes } from './step-shapes.ts';

type Plain = Readonly<Record<string, unknown>>;

/** What the lines before say about the next. */
export interface StepContext {
  readonly shapes: StepShapes;
  readonly header: ScenarioHeader;
  /** Calls by their names. */
  readonly calls: Map<string, CallStep>;
}

/** The fields that tell steps apart. */
const kinds = [
  'call',
  'op',
  'deliver',
  'duplicate',
  'hold',
  'release',
  'fill',
  'crash',
  'view',
  'restart',
  'reset',
  'expect',
  'note',
] as const;

/**
 * One step that is no repeat.
 *
 * @param outer the key of the repeat around it, for a step that names none.
 */
export function readStep(context: StepContext, source: Plain, line: number, outer: string | undefined): Step {
  const reader = new StepReader(context, line, outer);
  const kind = kinds.find((each) => each in source);
  if (kind === undefined) {
    const fields = Object.keys(source).join(', ') || 'nothing';
    throw new ScenarioError(
      line,
      `no step has the fields ${fields}: one of ${kinds.join(', ')} or repeat tells which.`,
    );
  }
  return reader.read(kind, source);
}

class StepReader {
  readonly #context: StepContext;
  readonly #line: number;
  readonly #outer: string | undefined;

  constructor(context: StepContext, line: number, outer: string | undefined) {
    this.#context = context;
    this.#line = line;
    this.#outer = outer;
  }

  read(kind: (typeof kinds)[number], source: Plain): Step {
    const { shapes } = this.#context;
    switch (kind) {
      case 'call':
      case 'op':
        return this.#call(this.#parse('call', shapes.call, source));
      case 'deliver': {
        const step = this.#parse(kind, shapes.deliver, source);
        if (step.deliver === 'all' && (step.count ?? step.kind) !== undefined) {
          throw this.#malformed('deliver: "all" takes neither count nor kind');
        }
        return { ...step, type: kind, key: this.#maybeKey(step.key) };
      }
      case 'duplicate': {
        const step = this.#parse(kind, shapes.duplicate, source);
        return { ...step, type: kind, key: this.#maybeKey(step.key) };
      }
      case 'hold':
        return { type: kind, link: this.#parse(kind, shapes.hold, source).hold };
      case 'release':
        return { type: kind, link: this.#parse(kind, shapes.release, source).release };
      case 'fill':
        return this.#fill(this.#parse(kind, shapes.fill, source));
      case 'crash':
        return this.#crash(this.#parse(kind, shapes.crash, source));
      case 'view': {
        const { view: number, nodes } = this.#parse(kind, shapes.view, source);
        return { type: kind, number, nodes };
      }
      case 'restart':
        return { type: kind, node: this.#parse(kind, shapes.restart, source).restart };
      case 'reset':
        return { type: kind, key: this.#maybeKey(this.#parse(kind, shapes.reset, source).key) };
      case 'note':
        this.#parse(kind, shapes.note, source);
        return { type: kind };
      case 'expect': {
        const step = this.#parse(kind, shapes.expect, source);
        return { type: kind, expectation: this.#expectation(step.expect, step.key) };
      }
    }
  }

  #parse<Shape extends z.ZodType>(what: string, shape: Shape, source: unknown): z.infer<Shape> {
    const read = shape.safeParse(source);
    if (!read.success) throw this.#malformed(`${what}: ${problemOf(read.error)}`);
    return read.data;
  }

  #malformed(problem: string): ScenarioError {
    return new ScenarioError(this.#line, `${problem}.`);
  }

  #maybeKey(named: string | undefined): string | undefined {
    return named ?? this.#outer;
  }

  #key(named: string | undefined): string {
    return named ?? this.#outer ?? defaultKey;
  }

  #call(given: ShapeOf<'call'>): CallStep {
    const operation = operationOf(given.op)!;
    this.#requireFields(given, operation);
    const { calls } = this.#context;
    if (given.call !== undefined && calls.has(given.call)) {
      throw this.#malformed(`call: ${given.call} names two calls`);
    }
    const lease = given.of === undefined ? undefined : this.#named(given.of);
    const node = given.node ?? lease?.node;
    if (node === undefined) throw this.#malformed('call: on which node?');
    if (lease !== undefined && lease.node !== node) throw this.#malformed(`call: ${given.of} is on node ${lease.node}`);
    const key = given.key ?? lease?.key ?? this.#key(undefined);
    if (lease !== undefined && lease.key !== key) throw this.#malformed(`call: ${given.of} is about ${lease.key}`);
    const { op, value, of, to } = given;
    const step: CallStep = { type: 'call', name: given.call, op, operation, node, key, value, of, to };
    if (given.call !== undefined) calls.set(given.call, step);
    return step;
  }

  #requireFields({ op, value, of, to }: ShapeOf<'call'>, operation: Operation): void {
    const isWrite = operation.type === 'grab' && operation.atOnce;
    if ((isWrite || operation.type === 'set') && value === undefined)
      throw this.#malformed(`call: ${op} needs a value`);
    if (operation.type === 'put' && of === undefined) throw this.#malformed('call: put needs of, the call to end');
    const allowed = {
      value: isWrite || ['set', 'put', 'execute'].includes(operation.type),
      of: operation.type === 'set' || operation.type === 'put',
      to: operation.type === 'flush',
    };
    for (const [field, given] of Object.entries({ value, of, to })) {
      if (given !== undefined && !allowed[field as keyof typeof allowed]) {
        throw this.#malformed(`call: ${op} takes no ${field}`);
      }
    }
  }

  #named(call: string): CallStep {
    const named = this.#context.calls.get(call);
    if (named === undefined) throw this.#malformed(`no call before this line is named ${call}`);
    return named;
  }

  #crash({ crash: node, keep = [] }: ShapeOf<'crash'>): Step {
    if (keep.some(([from, to]) => (from === node) === (to === node))) {
      throw this.#malformed(`crash: keep is about links from or to node ${node}`);
    }
    return { type: 'crash', node, keep };
  }

  #fill({ fill, key, value, error, absent }: ShapeOf<'fill'>): Step {
    if (!this.#context.header.set.slowFill) throw this.#malformed('fill: the set has no slowFill');
    const given = [value, error, absent].filter((each) => each !== undefined).length;
    if (given !== 1) throw this.#malformed('fill: one of value, error and absent says what the load comes to');
    return { type: 'fill', node: fill, key: this.#key(key), outcome: outcomeOf(value, error) };
  }

  #expectation(source: Plain, stepKey: string | undefined): Expectation {
    const { shapes } = this.#context;
    if ('node' in source) {
      const given = this.#parse('expect', shapes.expectNode, source);
      return { ...given, about: 'node', key: this.#key(given.key ?? stepKey) };
    }
    if ('call' in source) {
      const { call, done, value, error } = this.#parse('expect', shapes.expectCall, source);
      this.#named(call);
      return { about: 'call', call, done, value, error };
    }
    const given = this.#parse('expect', shapes.expectWorld, source);
    if (Object.keys(given).every((field) => field === 'key')) throw this.#malformed('expect: what?');
    return { ...given, about: 'world', key: this.#maybeKey(given.key ?? stepKey) };
  }
}

/** A value of null is no object; the words `error` and `absent` are read as what they say. */
function outcomeOf(value: ShapeOf<'fill'>['value'], error: ShapeOf<'fill'>['error']): FillOutcome {
  if (error !== undefined || value === 'error') return 'error';
  if (value === undefined || value === null || value === 'absent') return 'absent';
  return { value };
}
