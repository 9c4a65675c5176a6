import { DiskImage } from '../world/disk-image.ts';
import type { NodeSpec } from '../world/spec.ts';

export interface ArmedTimer {
  /** Tells an arming from those before it. */
  readonly token: number;
  readonly dueNs: number;
}

/** A node of a running simulation: the states of its parts, its timers and its disk. */
export class LiveNode {
  readonly number: number;
  readonly spec: NodeSpec;
  /** Its clock's seconds per real second. */
  readonly clockRate: number;
  readonly disk = new DiskImage();
  up = false;
  incarnation = -1;
  /** It does nothing before this time. */
  pausedUntilNs = 0;
  states: unknown[] = [];
  envs: unknown[] = [];
  /** By part. */
  timers: Map<number, ArmedTimer>[] = [];

  constructor(number: number, spec: NodeSpec, clockRate: number) {
    this.number = number;
    this.spec = spec;
    this.clockRate = clockRate;
    this.#forget(0);
  }

  /** Begin the next incarnation. */
  start(): void {
    this.up = true;
    this.incarnation++;
    this.#forget(this.incarnation);
  }

  /** Stop at once. */
  stop(): void {
    this.up = false;
    this.pausedUntilNs = 0;
    this.#forget(this.incarnation);
  }

  #forget(incarnation: number): void {
    this.envs = this.spec.parts.map((part) => part.env(incarnation));
    this.states = this.spec.parts.map((part, index) => part.kernel.initial(this.envs[index]));
    this.timers = this.spec.parts.map(() => new Map());
  }
}
