import { delaySteps, slowFactor } from '../limits.ts';
import type { DiskEnding, DiskRequest } from '../world/disk-image.ts';
import { badBlock, type DiskMode } from '../world/spec.ts';
import type { ChoiceStream } from './choices.ts';
import { delayOf } from './delays.ts';
import { ends } from './fault-plan.ts';
import { faultMs } from './live-network.ts';
import type { LiveNode } from './live-node.ts';
import type { Stage } from './stage.ts';

const anyFaults = ['diskError', 'diskSlow'] as const;
const writeFaults = [...anyFaults, 'diskFull', 'lostWrite', 'misdirectedWrite'] as const;
type DiskFault = (typeof writeFaults)[number];

const endings: Record<DiskFault, DiskEnding> = {
  diskError: 'io-error',
  diskSlow: 'ok',
  diskFull: 'no-space',
  lostWrite: 'lost',
  misdirectedWrite: 'misdirected',
};

type StopNode = (node: LiveNode, ms: number) => void;

/** The disks of the nodes and what goes wrong with them. */
export class LiveDisks {
  readonly #stage: Stage;
  readonly #diskMs: number;
  readonly #writeThrough: boolean;
  readonly #choices: ChoiceStream[];
  readonly #writeEnds: number[];
  readonly #otherEnds: number[];
  readonly #stop: StopNode | undefined;
  /** Rises whenever what is durable may have changed. */
  changes = 0;

  /** With `stop` an operation that fails stops its node, for as many ms as that is told. */
  constructor(
    stage: Stage,
    diskMs: number,
    { disks = 'write-back', stop }: { readonly disks?: DiskMode | undefined; readonly stop?: StopNode | undefined },
  ) {
    this.#stage = stage;
    this.#diskMs = diskMs;
    this.#stop = stop;
    this.#writeThrough = disks === 'write-through';
    this.#choices = stage.nodes.map(({ number }) => stage.choices.stream(`disk ${number}`));
    this.#writeEnds = ends(writeFaults.map((fault) => stage.plan.rates[fault]));
    this.#otherEnds = ends(anyFaults.map((fault) => stage.plan.rates[fault]));
  }

  submit(node: LiveNode, request: DiskRequest): void {
    const stage = this.#stage;
    const choices = this.#choices[node.number]!;
    const pending = node.disk.submit(request);
    const faultEnds = request.kind === 'write' ? this.#writeEnds : this.#otherEnds;
    const drawn = stage.safety ? choices.weighted(faultEnds) : 0;
    const fault = drawn === 0 ? undefined : this.#possible(node, request, writeFaults[drawn - 1]!);
    if (fault !== undefined) stage.count(fault);
    const slow = fault === 'diskSlow' ? slowFactor : 1;
    const delayMs = delayOf(choices.choose(delaySteps), this.#diskMs) * slow;
    stage.inFlight++;
    stage.afterAt(node, delayMs, () => {
      const isFatal = fault !== undefined && endings[fault] === 'io-error';
      if (isFatal && this.#stop !== undefined) {
        // Its bytes may be there, or not, or in part: it is among the writes that the end of the node leaves open.
        stage.tell(() => `the disk of ${node.spec.name} fails at ${request.kind} at ${request.address}`);
        this.#stop(node, faultMs(choices.choose(delaySteps)));
        return;
      }
      stage.inFlight--;
      const ending = fault === undefined ? 'ok' : endings[fault];
      const strayAddress = ending === 'misdirected' ? this.#strayAddress(node, request) : undefined;
      const writeThrough = this.#writeThrough;
      if (request.kind !== 'read') this.changes++;
      const { result } = node.disk.complete(node.disk.pending.indexOf(pending), ending, { strayAddress, writeThrough });
      stage.tell(() => `the disk of ${node.spec.name} ends ${request.kind} at ${request.address}: ${ending}`);
      stage.input(node.number, request.part, node.spec.parts[request.part]?.disk?.(request.op, result));
    });
  }

  /** Lose power: each write not flushed survives, is lost or leaves a bad block. */
  crash(node: LiveNode): void {
    const { disk } = node;
    const { safety, plan } = this.#stage;
    this.#stage.inFlight -= disk.pending.length;
    const choices = this.#choices[node.number]!;
    const fates = Array.from({ length: disk.unflushed }, () => {
      if (!safety) return 'survives';
      if (choices.chance(plan.rates.tornWrite) && this.#mayLie(node)) return 'torn';
      return choices.choose(2) === 0 ? 'survives' : 'lost';
    });
    for (const fate of fates) if (fate === 'torn') this.#stage.count('tornWrite');
    this.changes++;
    disk.crash(
      (write) => fates[write] === 'survives',
      (write) => fates[write] === 'torn',
    );
  }

  /** Turn one durable block bad; false when there is none to turn. */
  rot(node: LiveNode): boolean {
    if (!this.#mayLie(node)) return false;
    const sound = [...node.disk.blocks].filter(([, payload]) => payload !== badBlock).map(([address]) => address);
    if (sound.length === 0) return false;
    const address = sound[this.#choices[node.number]!.choose(sound.length)]!;
    node.disk.rot(address);
    this.changes++;
    this.#stage.tell(() => `block ${address} on the disk of ${node.spec.name} turns bad`);
    return true;
  }

  /** A misdirected write needs another block to land on. */
  #possible(node: LiveNode, request: DiskRequest, fault: DiskFault): DiskFault | undefined {
    if (fault !== 'diskSlow' && !this.#mayLie(node)) return undefined;
    const hits = fault !== 'misdirectedWrite' || node.disk.strays(request.address).length > 0;
    return hits ? fault : undefined;
  }

  #mayLie({ number }: LiveNode): boolean {
    return this.#stage.plan.faultyDisks.includes(number);
  }

  #strayAddress(node: LiveNode, request: DiskRequest): number | undefined {
    const others = node.disk.strays(request.address);
    return others[this.#choices[node.number]!.choose(others.length)];
  }
}
