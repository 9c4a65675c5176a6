import { lockAgainMs, lockAgainMsMax } from '../limits.ts';
import type { ServerLinks } from './server-links.ts';

export interface LockRequest {
  readonly owner: string;
  readonly file: string;
  readonly type: 'read' | 'write';
  readonly offset: number;
  /** 0: to the end of the file. */
  readonly bytes: number;
}

/** A byte-range lock, held until it is let go of or the lease it was taken under is lost. */
export interface FileLock extends LockRequest {
  readonly lease: number;
}

/** Takes locks from the metadata server, which does not push: who is denied asks again (RFC 7530, 9.4). */
export class FileLocks {
  readonly #links: ServerLinks;

  constructor(links: ServerLinks) {
    this.#links = links;
  }

  /** Resolves when the lock is held. */
  async take(wanted: LockRequest, signal: AbortSignal | undefined): Promise<FileLock> {
    for (let ms = lockAgainMs; ; ms = Math.min(ms * 2, lockAgainMsMax)) {
      signal?.throwIfAborted();
      const { client, lease, metadata } = this.#links;
      const status = await metadata.lock({ client, lease, ...wanted }).then(
        (answer) => answer.status,
        () => 'lost' as const,
      );
      if (status === 'granted' && this.#links.lease === lease) return { ...wanted, lease };
      await new Promise((resolve) => setTimeout(resolve, status === 'lost' ? this.#links.lost(0) : ms));
    }
  }

  isHeld({ lease }: FileLock): boolean {
    return lease === this.#links.lease;
  }

  async letGo({ lease, ...held }: FileLock): Promise<void> {
    const { client, metadata } = this.#links;
    for (;;) {
      // With the lease the lock ends too.
      if (lease !== this.#links.lease || this.#links.closed) return;
      try {
        await metadata.unlock({ client, lease, ...held });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, this.#links.lost(0)));
      }
    }
  }
}
