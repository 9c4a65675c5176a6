import type { ContestedLock, LockGround } from './lock-ground.ts';

/** What became of a lock when the head that granted it died. */
export interface LockReport {
  /** The head that granted it, and the one that went on. */
  readonly grantedBy: string;
  readonly servedBy: string;
  readonly stillHeld: boolean;
  readonly stillRefused: boolean;
  /** Bytes written under it through a page cache, half of them before the death not stable; and those that differ when read. */
  readonly bytes: number;
  readonly differentBytes: number;
  /** From when the death was known until both clients had their answers. No grace period, nothing reclaimed. */
  readonly pauseMs: number;
}

/** The chapter of the demo in which a client of NFS writes under a lock that another one wants, and its head is killed. */
export class LockChapter {
  readonly #ground: LockGround | undefined;
  #grantedBy = '';
  #lock: ContestedLock | undefined;
  #outcome: Promise<Omit<LockReport, 'differentBytes'>> | undefined;

  /** Without heads the chapter is left out. */
  constructor(ground: LockGround | undefined) {
    this.#ground = ground;
  }

  /** Before anything is stored: a client locks at the node that will die, and another one is refused. */
  async begin(node: string): Promise<void> {
    if (this.#ground === undefined) return;
    this.#grantedBy = node;
    this.#lock = await this.#ground.contest(node);
    if (!(await this.#lock.isRefused())) throw new Error('A lock was granted twice.');
  }

  /** The node has died: both clients ask at once. */
  killed(): void {
    const lock = this.#lock;
    if (lock === undefined) return;
    const startedAt = performance.now();
    this.#outcome = Promise.all([lock.isHeld(), lock.isRefused()]).then(([stillHeld, stillRefused]) => ({
      grantedBy: this.#grantedBy,
      servedBy: lock.survivor,
      stillHeld,
      stillRefused,
      bytes: lock.bytes,
      pauseMs: Math.round(performance.now() - startedAt),
    }));
    this.#outcome.catch(() => undefined);
  }

  async finish(): Promise<LockReport | undefined> {
    const outcome = await this.#outcome;
    return outcome && { ...outcome, differentBytes: await this.#lock!.differentBytes() };
  }
}
