import {
  measureMsDefault,
  measureMsQuick,
  roundMsMax,
  roundsDefault,
  roundsQuick,
  warmUpMsDefault,
  warmUpMsQuick,
} from '../limits.ts';
import { hostLine } from './host.ts';
import { interleave } from './interleave.ts';
import { judge } from './judge.ts';
import type { Area, Budget, Question } from './question.ts';
import type { Result } from './result.ts';

export interface RunOptions {
  readonly quick: boolean;
  /** Only questions whose name contains it. */
  readonly only?: string;
  readonly onProgress?: (line: string) => void;
}

/** Ask every question of the areas, one after the other. */
export async function run(areas: readonly Area[], options: RunOptions): Promise<Result[]> {
  const { quick } = options;
  const budget: Budget = quick
    ? { measureMs: measureMsQuick, warmUpMs: warmUpMsQuick, quick }
    : { measureMs: measureMsDefault, warmUpMs: warmUpMsDefault, quick };
  const results: Result[] = [];
  for (const area of areas) {
    for (const question of area.questions.filter(({ name }) => name.includes(options.only ?? ''))) {
      const rounds = roundsOf(question, quick);
      const host = hostLine();
      const { warmUpTimes = 1 } = question;
      const samples = await interleave([question.ours, ...question.peers], {
        rounds,
        budget: { ...budget, warmUpMs: budget.warmUpMs * warmUpTimes },
        roundMsMax,
        installed,
        onTurn: (contender, round) =>
          options.onProgress?.(`${area.name}: ${question.name}: round ${round + 1} of ${rounds}: ${contender}`),
      });
      results.push(...judge(area.name, question, samples, host));
    }
  }
  return results;
}

/** Of questions that take long one round is enough for a first look. */
function roundsOf({ roundsMax }: Question, quick: boolean): number {
  if (roundsMax === undefined) return quick ? roundsQuick : roundsDefault;
  return quick ? 1 : Math.min(roundsDefault, roundsMax);
}

function installed(packageName: string): boolean {
  try {
    import.meta.resolve(packageName);
    return true;
  } catch {
    return false;
  }
}
