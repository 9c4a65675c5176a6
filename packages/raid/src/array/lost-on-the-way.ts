/** Thrown inside an opening that lost members: with whatever failed for that. */
export class LostOnTheWayError extends Error {
  override readonly name = 'LostOnTheWayError';
  /** Members whose drives were open, and what became of them. */
  readonly lost: ReadonlyMap<number, string>;
  override readonly cause: unknown;

  constructor(lost: ReadonlyMap<number, string>, cause: unknown) {
    super('members were lost on the way');
    this.lost = lost;
    this.cause = cause;
  }
}

/**
 * Open an array, and anew without those of its members that are lost on the way: whether that is safe is decided as it is
 * of any that are missing. There are as many attempts as members at most: each leaves out one more, or fails with its cause.
 */
export async function withoutLost<Opened>(
  attempt: (lost: ReadonlyMap<number, string>) => Promise<Opened>,
): Promise<Opened> {
  const lost = new Map<number, string>();
  for (;;) {
    try {
      return await attempt(lost);
    } catch (error) {
      if (!(error instanceof LostOnTheWayError)) throw error;
      const before = lost.size;
      for (const [member, why] of error.lost) lost.set(member, why);
      if (lost.size === before) throw error.cause;
    }
  }
}
