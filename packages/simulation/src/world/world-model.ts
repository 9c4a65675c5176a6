import type { Decoder, Encoder, KernelEvent } from '@holdfast/kernel';
import { WorldSpecError } from '../errors.ts';
import { always, type CellEvidence, type Model, type Property } from '../explorer/model.ts';
import { soonStepsMax } from '../limits.ts';
import { actionKind, firstArgument, secondArgument } from './action-code.ts';
import type { CellLog } from './cell-log.ts';
import type { DiskEnding } from './disk-image.ts';
import {
  diskEndings,
  EnabledActions,
  misdirectedIndex,
  strayIndex,
  survivesCrash,
  tearsAtCrash,
  timerIndex,
  timerPart,
} from './enabled-actions.ts';
import { type FaultClass, linkBroken, linkCut, linkSuspected } from './layout.ts';
import { Narrator } from './narrator.ts';
import type { StepTime } from './reduction.ts';
import { renumberer } from './renumbering.ts';
import type { WorldSpec } from './spec.ts';
import { canonicaliser } from './symmetry.ts';
import { VectorMachine, type WorldVector } from './vector-machine.ts';
import { VectorView } from './vector-view.ts';
import type { WorldView } from './view.ts';
import { WorldStore } from './world-store.ts';

/** A world as a model to explore: every interleaving of its calls, messages, timers, disk completions and faults. */
export function worldModel(spec: WorldSpec): WorldModel {
  return new WorldModel(spec);
}

const faultOfEnding: Readonly<Record<DiskEnding, FaultClass | undefined>> = {
  ok: undefined,
  'io-error': 'diskError',
  'no-space': 'diskFull',
  lost: 'lostWrite',
  misdirected: 'misdirectedWrite',
};

type Canonical = (vector: WorldVector) => WorldVector;

/** Words of a vector that one byte of its encoding tells about: as many bits as a one-byte number has. */
const groupWords = 7;

/** What happens in one step of a world, as data. */
export type WorldAction =
  | { readonly kind: 'call'; readonly node: number; readonly event: KernelEvent }
  /** The next message on the link. */
  | { readonly kind: 'deliver'; readonly from: number; readonly to: number }
  /** A fault, a timer or a disk, in words. */
  | { readonly kind: 'other'; readonly line: string };

/** See {@link worldModel}. */
export class WorldModel implements Model<WorldVector> {
  readonly name: string;
  readonly properties: readonly Property<WorldVector>[];
  readonly canonical?: Canonical;
  readonly #spec: WorldSpec;
  readonly #store: WorldStore;
  readonly #view: VectorView;
  readonly #enabled: EnabledActions;
  readonly #machine: VectorMachine;
  /** Made when first asked for: what a kernel throws as it starts belongs to the exploration. */
  #initialVector: WorldVector | undefined;

  constructor(spec: WorldSpec) {
    this.name = spec.name;
    this.#spec = spec;
    this.#store = new WorldStore(spec);
    this.#view = new VectorView(this.#store);
    this.#enabled = new EnabledActions(this.#store, this.#view);
    this.#machine = new VectorMachine(this.#store);
    this.properties = [...monitorProperties(spec), ...(spec.properties ?? [])].map((each) => this.#onVectors(each));
    const renumber = spec.renumbering === undefined ? undefined : renumberer(this.#store, spec.renumbering);
    const rename = spec.symmetry === undefined ? undefined : canonicaliser(this.#store, spec.symmetry);
    // Ranks do not depend on the names of nodes, so one renumbering serves all renamings.
    if (renumber !== undefined && rename !== undefined) this.canonical = (vector) => rename(renumber(vector));
    else if (renumber !== undefined || rename !== undefined) this.canonical = (renumber ?? rename) as Canonical;
  }

  get #initial(): WorldVector {
    this.#initialVector ??= this.#machine.initial();
    return this.#initialVector;
  }

  initial(): WorldVector {
    return this.#initial.slice();
  }

  /** Only the words that differ from the initial ones, each group of seven after a byte that says which. */
  encode(vector: WorldVector, into: Encoder): void {
    const initial = this.#initial;
    for (let group = 0; group < vector.length; group += groupWords) {
      let differing = 0;
      for (let bit = 0; bit < groupWords; bit++) {
        if (vector[group + bit] !== initial[group + bit]) differing |= 1 << bit;
      }
      into.uint(differing);
      for (let bit = 0; differing >>> bit !== 0; bit++) {
        if (((differing >>> bit) & 1) === 1) into.uint(vector[group + bit] as number);
      }
    }
  }

  decode(from: Decoder): WorldVector {
    const vector = this.#initial.slice();
    for (let group = 0; group < vector.length; group += groupWords) {
      const differing = from.uint();
      for (let bit = 0; differing >>> bit !== 0; bit++) {
        if (((differing >>> bit) & 1) === 1) vector[group + bit] = from.uint();
      }
    }
    return vector;
  }

  copy(from: WorldVector, to: WorldVector): void {
    for (let at = 0; at < from.length; at++) to[at] = from[at] as number;
  }

  actions(vector: WorldVector, into: number[]): void {
    this.#enabled.list(vector, into);
  }

  /** When a step is to be taken, by the reduction of the world. */
  timeOf(vector: WorldVector, action: number): StepTime {
    return this.#enabled.timeOf(vector, action);
  }

  /** Appends what {@link actions} would without the reduction of the world. */
  everyAction(vector: WorldVector, into: number[]): void {
    this.#enabled.list(vector, into, false);
  }

  nodeOfCall(action: number): number {
    return this.#store.spec.calls[firstArgument(action)]!.node;
  }

  quiet(vector: WorldVector): boolean {
    return this.#view.at(vector).quiet;
  }

  final(vector: WorldVector): boolean {
    const view = this.#view.at(vector);
    if (this.#spec.final !== undefined) return this.#spec.final(view);
    return this.#spec.calls.every((call, index) => call.times === 'unlimited' || view.issued(index) === call.times);
  }

  cells(): CellEvidence {
    return this.#store.cells.evidence();
  }

  /** What has been seen of the kernels' tables so far. */
  get cellLog(): CellLog {
    return this.#store.cells;
  }

  label(vector: WorldVector, action: number): string {
    const lines = [this.lineOf(vector, action)];
    if (this.#spec.reduction === undefined) return lines[0]!;
    try {
      const after = this.applyOne(vector.slice(), action);
      for (const step of this.#soonSteps(after)) lines.push(this.lineOf(after, step));
    } catch (thrown) {
      lines.push(String(thrown));
    }
    return lines.join('; then ');
  }

  /** The step alone as a line. */
  lineOf(vector: WorldVector, action: number): string {
    const narrator = new Narrator(this.#store);
    const subject = narrator.subject(vector, action);
    this.#machine.narrate = (node, consequence) => narrator.tell(node, consequence);
    try {
      this.applyOne(vector.slice(), action);
    } catch (thrown) {
      return `${subject}: ${String(thrown)}`;
    } finally {
      this.#machine.narrate = undefined;
    }
    return narrator.line(subject);
  }

  data(vector: WorldVector, action: number): WorldAction {
    const kind = actionKind(action);
    const a = firstArgument(action);
    const { spec, topology } = this.#store;
    if (kind === 'call') {
      const { node, event, times } = spec.calls[a]!;
      return { kind, node, event: event(times === 'unlimited' ? 0 : this.#view.at(vector).issued(a)) };
    }
    if (kind !== 'deliver') return { kind: 'other', line: new Narrator(this.#store).subject(vector, action) };
    const { from, to } = topology.directions[a]!;
    return { kind, from, to };
  }

  /** The step, and all that the reduction of the world wants taken soon after it. */
  apply(vector: WorldVector, action: number): WorldVector {
    this.applyOne(vector, action);
    if (this.#spec.reduction !== undefined) for (const _ of this.#soonSteps(vector));
    return vector;
  }

  *#soonSteps(vector: WorldVector): Generator<number> {
    for (let taken = 0; taken < soonStepsMax; taken++) {
      const step = this.#enabled.soonStep(vector);
      if (step === undefined) return;
      yield step;
      this.applyOne(vector, step);
    }
    throw new WorldSpecError(`after ${soonStepsMax} steps taken soon there is still another`);
  }

  /** The step alone. */
  applyOne(vector: WorldVector, action: number): WorldVector {
    const machine = this.#machine;
    const a = firstArgument(action);
    const b = secondArgument(action);
    switch (actionKind(action)) {
      case 'call':
        machine.call(vector, a);
        break;
      case 'deliver':
        this.#deliver(vector, a);
        break;
      case 'duplicate':
        machine.spend(vector, 'duplicate');
        machine.arrive(vector, a, machine.head(vector, a));
        break;
      case 'drop':
        machine.spend(vector, 'drop');
        machine.take(vector, a, 0);
        break;
      case 'reorder':
        machine.spend(vector, 'reorder');
        machine.arrive(vector, a, machine.take(vector, a, b));
        break;
      case 'timer':
        this.#expire(vector, a, timerPart(b), timerIndex(b));
        break;
      case 'disk':
        this.#completeDisk(vector, a, b >>> 2, diskEndings[b & 3] ?? 'ok', 0);
        break;
      case 'misdirect':
        this.#completeDisk(vector, a, misdirectedIndex(b), 'misdirected', strayIndex(b));
        break;
      case 'rot':
        machine.spend(vector, 'rot');
        machine.changeDisk(vector, a, (disk) => disk.rot(b));
        break;
      case 'linkDown':
        machine.spend(vector, 'linkDown');
        machine.breakLink(vector, a);
        break;
      case 'linkUp':
        machine.setLink(vector, a, linkBroken, false);
        break;
      case 'noticeDown':
        machine.clearQueue(vector, a ^ 1);
        machine.notice(vector, a, false, machine.takeBack(vector, a));
        break;
      case 'noticeDownUnknown':
        machine.clearQueue(vector, a ^ 1);
        machine.takeBack(vector, a);
        machine.notice(vector, a, false);
        break;
      case 'noticeDownGhost':
        machine.spend(vector, 'ghost');
        machine.notice(vector, a, false);
        break;
      case 'noticeUp':
        machine.notice(vector, a, true);
        break;
      case 'suspect':
        machine.spend(vector, 'suspect');
        machine.setLink(vector, a >>> 1, linkSuspected << (a & 1), true);
        machine.tellLink(vector, a, false);
        break;
      case 'trust':
        machine.setLink(vector, a >>> 1, linkSuspected << (a & 1), false);
        machine.tellLink(vector, a, true);
        break;
      case 'cut':
        machine.spend(vector, 'cut');
        machine.setLink(vector, a >>> 1, linkCut << (a & 1), true);
        machine.clearQueue(vector, a);
        break;
      case 'mend':
        machine.setLink(vector, a >>> 1, linkCut << (a & 1), false);
        break;
      case 'crash':
        this.#crash(vector, a, b);
        break;
      case 'restart':
        machine.spend(vector, 'restart');
        machine.start(vector, a, ((vector[this.#store.layout.life(a)] as number) >>> 1) + 1);
        break;
    }
    return vector;
  }

  #expire(vector: WorldVector, node: number, part: number, index: number): void {
    const timer = this.#view.at(vector).armed(node, part)[index] as number;
    this.#machine.expire(vector, node, part, timer);
  }

  #completeDisk(vector: WorldVector, node: number, index: number, ending: DiskEnding, stray: number): void {
    const fault = faultOfEnding[ending];
    if (fault !== undefined) this.#machine.spend(vector, fault);
    const { request, result } = this.#machine.changeDisk(vector, node, (disk) =>
      disk.complete(index, ending, {
        strayAddress: disk.strays(disk.pending[index]?.address ?? 0)[stray],
        writeThrough: this.#spec.disks === 'write-through',
      }),
    );
    const event = this.#spec.nodes[node]?.parts[request.part]?.disk?.(request.op, result);
    this.#machine.input(vector, node, request.part, event);
  }

  #crash(vector: WorldVector, node: number, choice: number): void {
    this.#machine.spend(vector, 'crash');
    const tears = (write: number): boolean => tearsAtCrash(choice, write);
    const torn = this.#machine.changeDisk(vector, node, (disk) => {
      const writes = Array.from({ length: disk.unflushed }, (_, write) => write);
      disk.crash((write) => survivesCrash(choice, write), tears);
      return writes.some(tears);
    });
    if (torn) this.#machine.spend(vector, 'torn');
    this.#machine.crash(vector, node);
  }

  #deliver(vector: WorldVector, direction: number): void {
    const before = this.#enabled.hasInertHead(vector, direction) ? vector.slice() : undefined;
    this.#machine.arrive(vector, direction, this.#machine.take(vector, direction, 0));
    if (before === undefined) return;
    const queue = this.#store.layout.queues + direction;
    if (before.some((word, at) => at !== queue && word !== vector[at])) {
      throw new WorldSpecError('a message that `inert` names changed something as it arrived');
    }
  }

  #onVectors(property: Property<WorldView>): Property<WorldVector> {
    const { name } = property;
    const view = this.#view;
    return 'violation' in property
      ? { kind: property.kind, name, violation: (vector) => property.violation(view.at(vector)) }
      : { kind: property.kind, name, holds: (vector) => property.holds(view.at(vector)) };
  }
}

function monitorProperties(spec: WorldSpec): Property<WorldView>[] {
  return (spec.monitors ?? []).flatMap((monitor, index) =>
    monitor.violation === undefined
      ? []
      : [always<WorldView>(monitor.name, (view) => monitor.violation?.(view.monitor(index)))],
  );
}
