import { delaySteps, faultMsMax, noticeMsMax, slowFactor } from '../limits.ts';
import { plainCopy, readableText } from '../world/plain-data.ts';
import type { WorldSpec } from '../world/spec.ts';
import type { Direction, Topology } from '../world/topology.ts';
import type { ChoiceStream } from './choices.ts';
import { delayOf } from './delays.ts';
import { ends } from './fault-plan.ts';
import type { LiveNode } from './live-node.ts';
import type { Stage } from './stage.ts';

interface Flight {
  readonly message: unknown;
  lost: boolean;
}

/** One direction of a link. */
interface Lane {
  readonly index: number;
  readonly direction: Direction;
  readonly choices: ChoiceStream;
  /** Sent and not yet handed over, oldest first. */
  readonly flights: Flight[];
  /** Arrived while the receiver took the link for down. */
  readonly held: Flight[];
  /** The latest arrival promised so far: what is sent later arrives later. */
  lastDueNs: number;
  cut: boolean;
  cloggedUntilNs: number;
}

/** One end of a link that its node's kernel hears about. */
interface LinkEndState {
  knownDown: boolean;
  suspected: boolean;
  noticeDue: boolean;
}

const messageFaults = ['drop', 'duplicate', 'reorder', 'corrupt'] as const;

/** The links between the nodes of a simulation and what goes wrong with them. */
export class LiveNetwork {
  readonly #stage: Stage;
  readonly #spec: WorldSpec;
  readonly #topology: Topology;
  readonly #messageMs: number;
  readonly #lanes: Lane[];
  readonly #linkEnds: LinkEndState[];
  readonly #broken: boolean[];
  readonly #faultEnds: number[];

  constructor(stage: Stage, spec: WorldSpec, topology: Topology, messageMs: number) {
    this.#stage = stage;
    this.#spec = spec;
    this.#topology = topology;
    this.#messageMs = messageMs;
    this.#faultEnds = ends(messageFaults.map((fault) => stage.plan.rates[fault]));
    this.#broken = spec.links.map(() => false);
    this.#lanes = topology.directions.map((direction, index) => ({
      index,
      direction,
      choices: stage.choices.stream(`lane ${index}`),
      flights: [],
      held: [],
      lastDueNs: 0,
      cut: false,
      cloggedUntilNs: 0,
    }));
    this.#linkEnds = topology.listeners.map((listener, direction) => ({
      knownDown: listener !== undefined && spec.links[direction >> 1]?.startsUp !== true,
      suspected: false,
      noticeDue: false,
    }));
  }

  /** Tell every end of its links as the run begins. */
  start(): void {
    for (const lane of this.#lanes) this.#scheduleNotice(lane);
  }

  send(node: number, port: number, message: unknown): void {
    const index = this.#topology.out[node]?.get(port);
    if (index === undefined) throw new RangeError(`node ${node} sends to port ${port}, which has no link`);
    const lane = this.#lanes[index]!;
    const end = this.#linkEnds[index]!;
    const receiver = this.#stage.nodes[lane.direction.to]!;
    if (this.#broken[index >> 1] || end.knownDown || end.suspected || lane.cut || !receiver.up) return;
    const copy = plainCopy(message);
    const fault = this.#drawFault(lane, copy);
    if (fault !== undefined) this.#stage.count(fault);
    switch (fault) {
      case 'drop':
      case 'corrupt':
        this.#stage.tell(() => `${readableText(copy)} is lost on ${this.#linkName(index)}`);
        break;
      case 'duplicate':
        this.#fly(lane, copy, true);
        this.#fly(lane, copy, true);
        break;
      case 'reorder':
        this.#fly(lane, copy, false);
        break;
      default:
        this.#fly(lane, copy, true);
    }
  }

  #drawFault(lane: Lane, message: unknown): (typeof messageFaults)[number] | undefined {
    const drawn = this.#stage.safety ? lane.choices.weighted(this.#faultEnds) : 0;
    const fault = messageFaults[drawn - 1];
    const loses = fault === 'drop' || fault === 'corrupt';
    return loses && this.#spec.droppable?.(message) === false ? undefined : fault;
  }

  messages(direction: number): readonly unknown[] {
    const lane = this.#lanes[direction]!;
    return [...lane.held, ...lane.flights].map(({ message }) => message);
  }

  get messagesInFlight(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.flights.length + lane.held.length, 0);
  }

  clog(link: number, ms: number): void {
    for (const lane of this.#lanesOf(link)) lane.cloggedUntilNs = this.#stage.nowNs + ms * 1e6;
    this.#stage.tell(() => `${this.#linkName(2 * link)} is clogged for ${ms.toFixed(1)} ms`);
  }

  /** Swallow everything in these directions for a while. */
  cut(directions: readonly number[], ms: number): void {
    for (const index of directions) {
      const lane = this.#lanes[index]!;
      lane.cut = true;
      this.#lose(lane.flights);
      this.#stage.tell(() => `${this.#linkName(index)} is cut from ${this.#nodeName(index)} for ${ms.toFixed(1)} ms`);
    }
    this.#stage.after(ms, () => this.#mend(directions));
  }

  /** Break a link for a while; each end notices for itself. Links that no kernel hears of cannot break. */
  break(link: number, ms: number): boolean {
    if (this.#broken[link] || this.#topology.listeners[2 * link] === undefined) return false;
    this.#broken[link] = true;
    this.#stage.tell(() => `${this.#linkName(2 * link)} breaks`);
    for (const lane of this.#lanesOf(link)) {
      this.#loseUnheard(lane);
      this.#scheduleNotice(lane);
    }
    this.#stage.after(ms, () => this.#repair(link));
    return true;
  }

  /** On a link that resets, what is on its way to an end that takes the link for down is lost as the link breaks. */
  #loseUnheard(lane: Lane): void {
    const resets = this.#spec.links[lane.index >> 1]?.resets === true;
    if (resets && this.#linkEnds[lane.index ^ 1]!.knownDown) this.#loseAll(lane);
  }

  /** Let one end take its link for down for a while. */
  suspect(direction: number, ms: number): boolean {
    const end = this.#linkEnds[direction]!;
    const node = this.#nodeAt(direction);
    const listens = this.#topology.listeners[direction] !== undefined;
    if (!listens || this.#broken[direction >> 1] || end.knownDown || end.suspected || !node.up) return false;
    end.suspected = true;
    this.#stage.tell(() => `${this.#nodeName(direction)} takes the live ${this.#linkName(direction)} for down`);
    this.#tellPart(direction, false);
    this.#stage.afterAt(node, ms, () => this.#trust(direction));
    return true;
  }

  /** A node stopped: what was in flight to it is lost, its links break. */
  nodeStopped(node: LiveNode): void {
    for (const lane of this.#lanes) {
      if (lane.direction.to === node.number) this.#loseAll(lane);
      if (lane.direction.from !== node.number || this.#topology.listeners[lane.index] === undefined) continue;
      const end = this.#linkEnds[lane.index]!;
      if (end.noticeDue) this.#stage.inFlight--;
      Object.assign(end, { knownDown: true, suspected: false, noticeDue: false });
      this.#broken[lane.index >> 1] = true;
      this.#loseUnheard(lane);
      this.#scheduleNotice(this.#lanes[lane.index ^ 1]!);
    }
  }

  /** A node started: its links become whole once the other end knows that they were down. */
  nodeStarted(node: LiveNode): void {
    for (const { index, direction } of this.#lanes) {
      if (direction.from === node.number && this.#broken[index >> 1]) this.#repair(index >> 1);
    }
  }

  /** End every fault on links between the nodes of `core`; all other links stay silent for good. */
  heal(core: readonly number[]): void {
    for (const lane of this.#lanes) {
      const inside = core.includes(lane.direction.from) && core.includes(lane.direction.to);
      lane.cut = !inside;
      lane.cloggedUntilNs = 0;
      if (!inside) {
        this.#loseAll(lane);
        continue;
      }
      if ((lane.index & 1) === 0) this.#repair(lane.index >> 1);
      if (this.#linkEnds[lane.index]?.suspected) this.#trust(lane.index);
    }
  }

  #fly(lane: Lane, message: unknown, inOrder: boolean): void {
    const stage = this.#stage;
    const clogged = lane.cloggedUntilNs > stage.nowNs;
    const delayMs = delayOf(lane.choices.choose(delaySteps), this.#messageMs) * (clogged ? slowFactor : 1);
    const flight: Flight = { message, lost: false };
    lane.flights.push(flight);
    stage.inFlight++;
    let dueNs = Math.round(stage.nowNs + delayMs * 1e6);
    if (inOrder) {
      dueNs = Math.max(dueNs, lane.lastDueNs);
      lane.lastDueNs = dueNs;
    }
    const receiver = stage.nodes[lane.direction.to]!;
    stage.afterAt(receiver, (dueNs - stage.nowNs) / 1e6, () => this.#land(lane, flight));
  }

  #land(lane: Lane, flight: Flight): void {
    if (flight.lost) return;
    lane.flights.splice(lane.flights.indexOf(flight), 1);
    const receiverEnd = this.#linkEnds[lane.index ^ 1]!;
    if (receiverEnd.knownDown || receiverEnd.suspected) lane.held.push(flight);
    else this.#handOver(lane, flight);
  }

  #handOver(lane: Lane, { message }: Flight): void {
    this.#stage.inFlight--;
    this.#stage.messages++;
    const { to, toPort, toPart } = lane.direction;
    this.#stage.tell(
      () => `${this.#nodeName(lane.index ^ 1)} receives ${readableText(message)} on ${this.#linkName(lane.index)}`,
    );
    this.#stage.input(to, toPart, this.#spec.nodes[to]?.parts[toPart]?.message?.(toPort, message));
  }

  #releaseHeld(lane: Lane): void {
    for (const flight of lane.held.splice(0)) if (!flight.lost) this.#handOver(lane, flight);
  }

  #lose(flights: Flight[]): void {
    for (const flight of flights.splice(0)) {
      flight.lost = true;
      this.#stage.inFlight--;
    }
  }

  #loseAll(lane: Lane): void {
    this.#lose(lane.flights);
    this.#lose(lane.held);
  }

  #mend(directions: readonly number[]): void {
    if (!this.#stage.safety) return;
    for (const index of directions) {
      this.#lanes[index]!.cut = false;
      this.#stage.tell(() => `${this.#linkName(index)} is mended from ${this.#nodeName(index)}`);
    }
  }

  #repair(link: number): void {
    const lanes = this.#lanesOf(link);
    if (!this.#broken[link] || lanes.some(({ index }) => !this.#nodeAt(index).up)) return;
    if (lanes.some(({ index }) => !this.#linkEnds[index]!.knownDown)) {
      this.#stage.after(noticeMsMax, () => this.#repair(link));
      return;
    }
    this.#broken[link] = false;
    this.#stage.tell(() => `${this.#linkName(2 * link)} is whole again`);
    for (const lane of lanes) this.#scheduleNotice(lane);
  }

  /** Let the end where the lane starts notice that its link is not what it believes. */
  #scheduleNotice(lane: Lane): void {
    const end = this.#linkEnds[lane.index]!;
    const node = this.#nodeAt(lane.index);
    if (this.#topology.listeners[lane.index] === undefined || end.noticeDue || !node.up) return;
    if (end.knownDown === this.#broken[lane.index >> 1]) return;
    end.noticeDue = true;
    this.#stage.inFlight++;
    const delayMs = delayOf(lane.choices.choose(delaySteps), noticeMsMax / 4);
    this.#stage.afterAt(node, delayMs, () => this.#notice(lane, end));
  }

  #notice(lane: Lane, end: LinkEndState): void {
    end.noticeDue = false;
    this.#stage.inFlight--;
    const broken = this.#broken[lane.index >> 1] as boolean;
    if (end.knownDown === broken) return;
    end.knownDown = broken;
    const incoming = this.#lanes[lane.index ^ 1]!;
    this.#stage.tell(
      () => `${this.#nodeName(lane.index)} notices that ${this.#linkName(lane.index)} is ${broken ? 'down' : 'up'}`,
    );
    if (broken) {
      const waiting = incoming.flights.length + incoming.held.length > 0;
      const kept = this.#stage.safety && waiting && lane.choices.chance(this.#stage.plan.rates.ghost);
      if (kept) this.#stage.count('ghost');
      else this.#loseAll(incoming);
      if (end.suspected) end.suspected = false;
      else this.#tellPart(lane.index, false);
    } else {
      this.#tellPart(lane.index, true);
      this.#releaseHeld(incoming);
    }
  }

  #trust(direction: number): void {
    const end = this.#linkEnds[direction]!;
    // An end that took a live link for down learns nothing new when the link breaks.
    if (!end.suspected || this.#broken[direction >> 1]) return;
    end.suspected = false;
    this.#stage.tell(() => `${this.#nodeName(direction)} takes ${this.#linkName(direction)} for up again`);
    this.#tellPart(direction, true);
    this.#releaseHeld(this.#lanes[direction ^ 1]!);
  }

  #tellPart(direction: number, up: boolean): void {
    const { from, fromPort } = this.#topology.directions[direction]!;
    const part = this.#topology.listeners[direction];
    if (part === undefined) return;
    this.#stage.input(from, part, this.#spec.nodes[from]?.parts[part]?.link?.(fromPort, up, []));
  }

  #lanesOf(link: number): [Lane, Lane] {
    return [this.#lanes[2 * link]!, this.#lanes[2 * link + 1]!];
  }

  #nodeAt(direction: number): LiveNode {
    return this.#stage.nodes[this.#topology.directions[direction]!.from]!;
  }

  #linkName(direction: number): string {
    return this.#spec.links[direction >> 1]!.name;
  }

  #nodeName(direction: number): string {
    return this.#nodeAt(direction).spec.name;
  }
}

/** How long a fault lasts that a draw below {@link delaySteps} stands for. */
export const faultMs = (draw: number): number => Math.min(delayOf(draw, faultMsMax / 8), faultMsMax);
