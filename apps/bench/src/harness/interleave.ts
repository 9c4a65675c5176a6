import type { Budget, Contender, Sample } from './question.ts';

/** Every round of one contender, or why there are none. */
export type Rounds =
  | { readonly samples: readonly Sample[]; readonly gap?: undefined }
  | { readonly samples: readonly []; readonly gap: string };

export interface InterleaveOptions {
  readonly rounds: number;
  readonly budget: Budget;
  readonly roundMsMax: number;
  readonly installed: (packageName: string) => boolean;
  /** Called before each contender's turn. */
  readonly onTurn?: (contender: string, round: number) => void;
}

/**
 * Let all contenders take turns, round by round, so that a change of the machine's speed meets all of them. The order
 * rotates: nobody always comes after the same neighbour. A contender that fails once drops out with its reason.
 */
export async function interleave(
  contenders: readonly Contender[],
  options: InterleaveOptions,
): Promise<ReadonlyMap<string, Rounds>> {
  const rounds = new Map<string, Rounds>();
  for (const { name, packages = [] } of contenders) {
    const missing = packages.filter((packageName) => !options.installed(packageName));
    rounds.set(name, missing.length === 0 ? { samples: [] } : gap(`not installed: ${missing.join(', ')}`));
  }
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(round + turn) % contenders.length] as Contender;
      const so = rounds.get(contender.name) as Rounds;
      if (so.gap !== undefined) continue;
      options.onTurn?.(contender.name, round);
      try {
        const sample = await withinTime(contender.round(options.budget), options.roundMsMax);
        rounds.set(contender.name, { samples: [...so.samples, sample] });
      } catch (error) {
        rounds.set(contender.name, gap(`failed: ${error instanceof Error ? error.message : String(error)}`));
      }
    }
  }
  return rounds;
}

function gap(reason: string): Rounds {
  return { samples: [], gap: reason };
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`a round took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
