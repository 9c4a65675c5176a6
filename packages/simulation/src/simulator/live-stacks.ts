import { cellAt, EffectBuffer, Encoder, type KernelEvent, type RecordedEffect } from '@holdfast/kernel';
import { StackLoopError } from '../errors.ts';
import { inputsPerActionMax, lateTimerFactor } from '../limits.ts';
import type { CellLog } from '../world/cell-log.ts';
import type { DiskRequest } from '../world/disk-image.ts';
import type { ObservedKind } from '../world/monitor.ts';
import { readableText } from '../world/plain-data.ts';
import type { Input } from '../world/spec.ts';
import type { ChoiceStream } from './choices.ts';
import type { Digest } from './digest.ts';
import type { LiveDisks } from './live-disks.ts';
import type { LiveNetwork } from './live-network.ts';
import type { LiveNode } from './live-node.ts';
import type { Referee } from './referee.ts';
import type { Stage } from './stage.ts';

interface Waiting {
  readonly part: number;
  readonly event: KernelEvent;
}

/** Where the effects of kernels go. */
export interface Surroundings {
  readonly stage: Stage;
  readonly network: LiveNetwork;
  readonly disks: LiveDisks;
  readonly referee: Referee;
  readonly cells: CellLog;
  readonly digest: Digest;
}

/** Steps the kernels of the nodes and carries out what they ask for. */
export class LiveStacks {
  readonly #around: Surroundings;
  readonly #timerChoices: readonly ChoiceStream[];
  readonly #buffer = new EffectBuffer();
  readonly #waiting: Waiting[] = [];
  readonly #columns = new Map<string, number>();
  readonly #encoder = new Encoder();
  #tokens = 0;
  #steps = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#timerChoices = around.stage.nodes.map(({ number }) =>
      around.stage.choices.stream(`timers of node ${number}`),
    );
  }

  /** Kernel steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Step a part with an event, and the parts of its node with what follows from it. */
  input(node: LiveNode, part: number, event: KernelEvent): void {
    const waiting = this.#waiting;
    waiting.length = 0;
    waiting.push({ part, event });
    for (let at = 0; at < waiting.length; at++) {
      if (at > inputsPerActionMax) throw new StackLoopError(node.spec.name, inputsPerActionMax);
      const next = waiting[at] as Waiting;
      this.#step(node, next.part, next.event);
    }
  }

  /** Move the clock of a node forward: its timers end so much earlier, many of them now. */
  jumpClock(node: LiveNode, ms: number): void {
    const { nowNs } = this.#around.stage;
    for (const [part, timers] of node.timers.entries()) {
      for (const [timer, { dueNs }] of [...timers]) {
        this.#armIn(node, part, timer, Math.max(0, (dueNs - nowNs) / 1e6 - ms));
      }
    }
  }

  /** Put the states of a node's parts into the digest. */
  digestStates(node: LiveNode): void {
    for (const [index, { kernel }] of node.spec.parts.entries()) {
      this.#encoder.reset();
      kernel.encode(node.states[index], this.#encoder);
      this.#around.digest.bytes(this.#encoder.bytes, this.#encoder.length);
    }
  }

  #step(node: LiveNode, part: number, event: KernelEvent): void {
    const { stage, cells, digest, referee } = this.#around;
    const { kernel } = node.spec.parts[part]!;
    const state = node.states[part];
    const env = node.envs[part];
    this.#steps++;
    if (referee.watches('event')) this.#observe(node, part, 'event', 0, event);
    const row = kernel.row(state, event, env);
    const column = kernel.column(event);
    cellAt(kernel.name, kernel.table, row, column);
    cells.reached(kernel.name, row, column);
    digest.number(stage.nowNs);
    digest.number((node.number << 16) | (part << 8) | this.#columnNumber(column));
    this.#buffer.clear();
    kernel.step(state, event, env, this.#buffer);
    for (let at = 0; at < this.#buffer.length; at++) this.#perform(node, part, this.#buffer.at(at));
  }

  #perform(node: LiveNode, part: number, effect: RecordedEffect<unknown, unknown, unknown>): void {
    const spec = node.spec.parts[part]!;
    const { stage, network } = this.#around;
    switch (effect.kind) {
      case 'send':
        this.#observe(node, part, 'send', effect.target, effect.message);
        stage.tell(() => `  ${spec.name} sends ${readableText(effect.message)} to ${effect.target}`);
        if (spec.below === undefined) network.send(node.number, effect.target, effect.message);
        else this.#enqueue(spec.below(effect.target, effect.message));
        break;
      case 'deliver':
        this.#observe(node, part, 'deliver', 0, effect.upward);
        stage.tell(() => `  ${spec.name} delivers ${readableText(effect.upward)}`);
        this.#enqueue(spec.above?.(effect.upward));
        break;
      case 'reply':
        this.#observe(node, part, 'reply', effect.target, effect.result);
        stage.tell(() => `  ${spec.name} answers call ${effect.target} with ${readableText(effect.result)}`);
        break;
      case 'trace':
        this.#observe(node, part, 'trace', effect.a, effect.step);
        stage.tell(() => `  ${spec.name}: ${effect.step} ${effect.a} ${effect.b}`);
        break;
      case 'setTimer':
        this.#arm(node, part, effect.target, effect.a);
        break;
      case 'cancelTimer':
        node.timers[part]!.delete(effect.target);
        break;
      case 'diskRead':
        this.#submit(node, part, 'read', effect);
        break;
      case 'diskWrite':
        this.#submit(node, part, 'write', effect);
        break;
      case 'diskFlush':
        this.#submit(node, part, 'flush', effect);
        break;
    }
  }

  #enqueue(input: Input | undefined): void {
    if (input !== undefined) this.#waiting.push({ part: input.part, event: input.event });
  }

  #submit(
    node: LiveNode,
    part: number,
    kind: DiskRequest['kind'],
    effect: RecordedEffect<unknown, unknown, unknown>,
  ): void {
    const { target: op, a: address, b: value } = effect;
    this.#around.disks.submit(node, { kind, part, op, address, value });
  }

  #arm(node: LiveNode, part: number, timer: number, afterMs: number): void {
    const { stage } = this.#around;
    const late = stage.safety && this.#timerChoices[node.number]!.chance(stage.plan.rates.lateTimer);
    if (late) stage.count('lateTimer');
    this.#armIn(node, part, timer, (afterMs / node.clockRate) * (late ? lateTimerFactor : 1));
  }

  #armIn(node: LiveNode, part: number, timer: number, delayMs: number): void {
    const { stage } = this.#around;
    const token = ++this.#tokens;
    node.timers[part]!.set(timer, { token, dueNs: stage.nowNs + delayMs * 1e6 });
    stage.afterAt(node, delayMs, () => {
      const timers = node.timers[part]!;
      if (timers.get(timer)?.token !== token) return;
      timers.delete(timer);
      stage.tell(() => `${node.spec.name}'s timer ${timer} of ${node.spec.parts[part]?.name} ends`);
      stage.input(node.number, part, node.spec.parts[part]?.timer?.(timer));
    });
  }

  #observe(node: LiveNode, part: number, kind: ObservedKind, number: number, value: unknown): void {
    const { referee } = this.#around;
    if (referee.watches(kind)) referee.observe({ kind, node: node.number, part, number, value });
  }

  #columnNumber(column: string): number {
    let number = this.#columns.get(column);
    if (number === undefined) {
      number = this.#columns.size;
      this.#columns.set(column, number);
    }
    return number;
  }
}
