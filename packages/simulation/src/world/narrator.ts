import { actionKind, firstArgument, secondArgument } from './action-code.ts';
import type { DiskImage, DiskRequest } from './disk-image.ts';
import {
  diskEndings,
  misdirectedIndex,
  strayIndex,
  survivesCrash,
  tearsAtCrash,
  timerIndex,
  timerPart,
} from './enabled-actions.ts';
import type { Observation } from './monitor.ts';
import type { Consequence } from './part-steps.ts';
import { readableText } from './plain-data.ts';
import type { WorldStore } from './world-store.ts';

/** Turns an action and what follows from it into one line of a trace. */
export class Narrator {
  readonly #store: WorldStore;
  readonly #followed: string[] = [];

  constructor(store: WorldStore) {
    this.#store = store;
  }

  /** What happens, without what follows from it. */
  subject(vector: readonly number[], action: number): string {
    const a = firstArgument(action);
    const b = secondArgument(action);
    const kind = actionKind(action);
    switch (kind) {
      case 'call':
        return `${this.#node(this.#store.spec.calls[a]?.node ?? 0)} is called: ${this.#store.spec.calls[a]?.label}`;
      case 'deliver':
      case 'drop':
      case 'duplicate':
      case 'reorder':
        return this.#message(kind, vector, a, b);
      case 'timer':
        return `${this.#node(a)}'s timer ${this.#timer(vector, a, b)} of ${this.#part(a, timerPart(b))} ends`;
      case 'disk':
        return this.#disk(vector, a, b);
      case 'misdirect':
        return this.#misdirect(vector, a, b);
      case 'rot':
        return `block ${b} on the disk of ${this.#node(a)} turns bad`;
      case 'linkDown':
        return `${this.#link(a)} breaks`;
      case 'linkUp':
        return `${this.#link(a)} is whole again`;
      case 'noticeDown':
        return `${this.#end(a)} notices that ${this.#link(a >>> 1)} is down, and what was in flight to it is lost`;
      case 'noticeDownUnknown':
        return `${this.#end(a)} notices that ${this.#link(a >>> 1)} is down, and what it sent may have arrived`;
      case 'noticeDownGhost':
        return `${this.#end(a)} notices that ${this.#link(a >>> 1)} is down, and what is in flight to it stays`;
      case 'noticeUp':
        return `${this.#end(a)} notices that ${this.#link(a >>> 1)} is up`;
      case 'suspect':
        return `${this.#end(a)} takes the live ${this.#link(a >>> 1)} for down`;
      case 'trust':
        return `${this.#end(a)} takes ${this.#link(a >>> 1)} for up again`;
      case 'cut':
        return `${this.#link(a >>> 1)} is cut from ${this.#end(a)} to ${this.#end(a ^ 1)}`;
      case 'mend':
        return `${this.#link(a >>> 1)} is mended from ${this.#end(a)} to ${this.#end(a ^ 1)}`;
      case 'crash':
        return `${this.#node(a)} crashes${this.#crashLosses(vector, a, b)}`;
      case 'restart':
        return `${this.#node(a)} restarts`;
    }
  }

  /** Something that follows from the action. */
  tell(node: number, consequence: Consequence): void {
    const { values } = this.#store;
    switch (consequence.kind) {
      case 'send':
        this.#followed.push(`sends ${readableText(values.value(consequence.message))} out of port ${consequence.port}`);
        break;
      case 'input':
        this.#followed.push(`${this.#part(node, consequence.part)} gets ${this.#text(consequence.event)}`);
        break;
      case 'arm':
        this.#followed.push(`arms timer ${consequence.timer}`);
        break;
      case 'disarm':
        this.#followed.push(`disarms timer ${consequence.timer}`);
        break;
      case 'disk': {
        const request = values.value(consequence.request) as DiskRequest;
        this.#followed.push(`asks its disk for ${requestText(request)}`);
        break;
      }
      case 'observe':
      case 'tell': {
        const { kind, number, value } = values.value(consequence.observation) as Observation;
        if (kind === 'reply') this.#followed.push(`answers call ${number} with ${readableText(value)}`);
        if (kind === 'deliver') this.#followed.push(`delivers ${readableText(value)}`);
        if (kind === 'trace') this.#followed.push(String(value));
        break;
      }
    }
  }

  line(subject: string): string {
    return this.#followed.length === 0 ? subject : `${subject}; ${this.#followed.join('; ')}`;
  }

  #message(
    kind: 'deliver' | 'drop' | 'duplicate' | 'reorder',
    vector: readonly number[],
    direction: number,
    index: number,
  ) {
    const { layout, lists, values, topology } = this.#store;
    const number = lists.list(vector[layout.queues + direction] as number)[index] as number;
    const message = readableText(values.value(number));
    const where = `on ${this.#link(direction >>> 1)}`;
    const receiver = this.#node(topology.directions[direction]?.to ?? 0);
    if (kind === 'drop') return `${message} to ${receiver} is lost ${where}`;
    if (kind === 'duplicate') return `${receiver} receives ${message} ${where}, which will come again`;
    if (kind === 'reorder') return `${receiver} receives ${message} ${where}, which overtook ${index}`;
    return `${receiver} receives ${message} ${where}`;
  }

  #disk(vector: readonly number[], node: number, argument: number): string {
    const { layout, disks } = this.#store;
    const disk = disks.shared(vector[layout.disk(node)] as number) as DiskImage;
    const request = disk.pending[argument >>> 2];
    const ending = diskEndings[argument & 3];
    const what = request === undefined ? 'an operation' : requestText(request);
    return `the disk of ${this.#node(node)} ends ${what}: ${ending}`;
  }

  #misdirect(vector: readonly number[], node: number, argument: number): string {
    const { layout, disks } = this.#store;
    const disk = disks.shared(vector[layout.disk(node)] as number) as DiskImage;
    const request = disk.pending[misdirectedIndex(argument)];
    if (request === undefined) return 'nothing is misdirected';
    const stray = disk.strays(request.address)[strayIndex(argument)];
    return `the disk of ${this.#node(node)} ends ${requestText(request)}: reported done, but it hit block ${stray}`;
  }

  #crashLosses(vector: readonly number[], node: number, choice: number): string {
    const { layout, disks } = this.#store;
    const { unflushed } = disks.shared(vector[layout.disk(node)] as number) as DiskImage;
    if (unflushed === 0) return '';
    const fates = Array.from({ length: unflushed }, (_, write) =>
      survivesCrash(choice, write) ? 'kept' : tearsAtCrash(choice, write) ? 'torn' : 'lost',
    );
    return `, its writes not flushed are ${fates.join(', ')}`;
  }

  #timer(vector: readonly number[], node: number, argument: number): number {
    const { layout, lists } = this.#store;
    const armed = lists.list(vector[layout.timers(node, timerPart(argument))] as number);
    return armed[timerIndex(argument)] as number;
  }

  #text(value: number): string {
    return readableText(this.#store.values.value(value));
  }

  #node(node: number): string {
    return this.#store.spec.nodes[node]?.name ?? `node ${node}`;
  }

  #part(node: number, part: number): string {
    return this.#store.spec.nodes[node]?.parts[part]?.name ?? `part ${part}`;
  }

  #link(link: number): string {
    return this.#store.spec.links[link]?.name ?? `link ${link}`;
  }

  #end(direction: number): string {
    return this.#node(this.#store.topology.directions[direction]?.from ?? 0);
  }
}

function requestText({ kind, address, value }: DiskRequest): string {
  if (kind === 'flush') return 'a flush';
  return kind === 'read' ? `a read of ${value} at ${address}` : `a write of ${value} at ${address}`;
}
