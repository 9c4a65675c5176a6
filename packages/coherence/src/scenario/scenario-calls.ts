import type { CallResult } from '../kernel/object-types.ts';
import type { LocalEvent } from './call-events.ts';
import type { Operation } from './operations.ts';
import type { CallStep } from './scenario.ts';
import type { ScenarioValue } from './values.ts';

/** A call as a scenario sees it. */
export interface Call {
  /** What the kernel knows it by. */
  readonly id: number;
  readonly name: string;
  readonly node: number;
  readonly key: string;
  readonly operation: Operation;
  /** What it writes once it has its lease. */
  readonly writes: ScenarioValue | undefined;
  /** How it began; undefined for put and set under a lease. */
  event: LocalEvent | undefined;
  /** Whether it was answered. */
  done: boolean;
  /** What it found or wrote; null for absent, and for calls that have no value. */
  value: ScenarioValue | null;
  /** Why it failed: `HF_...`. */
  error: string | undefined;
  /** The put that ends its lease, where that is answered later. */
  put: Call | undefined;
  /** Whether it holds a lease. */
  isHeld: boolean;
}

/** All calls of a scenario. A repeat makes a call of the same name in each turn: the name means the last. */
export class CallBook {
  readonly #byId = new Map<number, Call>();
  readonly #byName = new Map<string, Call>();

  open({ name, node, key, operation, value }: CallStep): Call {
    const id = this.#byId.size + 1;
    const call: Call = {
      id,
      name: name ?? `call ${id}`,
      node,
      key,
      operation,
      writes: value,
      event: undefined,
      done: false,
      value: null,
      error: undefined,
      put: undefined,
      isHeld: false,
    };
    this.#byId.set(id, call);
    if (name !== undefined) this.#byName.set(name, call);
    return call;
  }

  named(name: string): Call | undefined {
    return this.#byName.get(name);
  }

  /** A node died: its calls are never answered, and its leases are gone. */
  lose(node: number): void {
    for (const call of this.#byId.values()) if (call.node === node) call.isHeld = false;
  }

  numbered(id: number): Call | undefined {
    return this.#byId.get(id);
  }
}

/** Why a call that got no lease failed. */
export function errorOf(operation: Operation, outcome: CallResult['outcome']): string | undefined {
  if (outcome === 'busy') return 'HF_BUSY';
  if (outcome === 'lost') return 'HF_LOST';
  if (outcome === 'unknown' || outcome === 'interrupted') return 'HF_OUTCOME_UNKNOWN';
  if (outcome === 'full') return 'HF_SET_FULL';
  if (outcome !== 'failed') return undefined;
  switch (operation.type) {
    case 'get':
    case 'grab':
    case 'prefetch':
    case 'execute':
      return 'HF_LOAD';
    case 'sync':
      return 'HF_STORE';
    default:
      return 'HF_REFUSED';
  }
}
