import type { Violation, WorldAction } from '@holdfast/simulation';
import { anyNode, noPayload, type ObjectEvent } from '../kernel/object-types.ts';
import type { ObjectScenario } from './object-scenario.ts';

type Line = Readonly<Record<string, unknown>>;

/** A violation as a scenario file (docs/scenarios.md), which does the same by hand, with the rules as they are. */
export function counterexample(
  { name, nodes, fill, firstTouch, migratory }: ObjectScenario,
  violation: Violation,
): string {
  const writer = new ScenarioWriter();
  const lines: Line[] = [
    {
      nodes,
      set: { slowFill: fill === 'load', linked: firstTouch === 'default-owner', migratory: migratory ?? false },
    },
    { note: `${name}: ${violation.property}: ${violation.message}` },
    ...(violation.actions ?? []).map((action) => writer.line(action as WorldAction)),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const suffixes = { touch: '', 'no-touch': 'NoTouch', manual: 'Manual' } as const;

/** Numbers calls and values in the order of the trace. */
class ScenarioWriter {
  #calls = 0;
  #values = 0;
  /** The last call of each client of each node. */
  readonly #names = new Map<string, string>();

  line(action: WorldAction): Line {
    switch (action.kind) {
      case 'deliver':
        return { deliver: [action.from, action.to] };
      case 'call':
        return this.#call(action.node, action.event as ObjectEvent);
      case 'other':
        return { note: action.line };
    }
  }

  #call(node: number, event: ObjectEvent): Line {
    switch (event.type) {
      case 'get':
        return this.#start(node, event.call, `get${suffixes[event.absence]}`);
      case 'grab':
        return this.#start(node, event.call, `${event.try ? 'tryGrab' : 'grab'}${suffixes[event.absence]}`);
      case 'flush':
        if (event.to === anyNode) return this.#start(node, event.call, 'evict');
        return { ...this.#start(node, event.call, 'flush'), to: event.to };
      case 'put':
      case 'set': {
        const of = this.#names.get(`${node} ${event.call}`);
        return { op: event.type, of, ...(event.payload !== noPayload && { value: this.#value() }) };
      }
      case 'filled':
        return { fill: node, value: this.#value() };
      case 'fill-failed':
        return { fill: node, ...(event.absent ? { absent: true } : { error: true }) };
      case 'prefetch':
        return this.#start(
          node,
          event.call,
          `prefetch${event.kind === 'write' ? 'Write' : ''}${suffixes[event.absence]}`,
        );
      case 'execute':
        return { ...this.#start(node, event.call, `execute${suffixes[event.absence]}`), value: this.#value() };
      case 'watch':
      case 'evict':
      case 'find':
      case 'remove':
      case 'sync':
        return this.#start(node, event.call, event.type);
      default:
        return { note: `${event.type} at node ${node}, which no step does` };
    }
  }

  #start(node: number, client: number, op: string): Line {
    const call = `c${++this.#calls}`;
    this.#names.set(`${node} ${client}`, call);
    return { call, node, op };
  }

  #value(): string {
    return `v${++this.#values}`;
  }
}
