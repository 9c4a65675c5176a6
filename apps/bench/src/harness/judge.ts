import type { Rounds } from './interleave.ts';
import type { Goal, Question, Sample, Verdict } from './question.ts';
import type { Result } from './result.ts';
import { median } from './statistics.ts';

/** Turn the rounds of a question into one result per verdict. */
export function judge(area: string, question: Question, rounds: ReadonlyMap<string, Rounds>, host: string): Result[] {
  return question.verdicts.map((verdict) => {
    const ours = roundsOf(rounds, question.ours.name);
    const peerName = verdict.against.length === 0 ? null : bestOf(verdict, question, rounds);
    const peer = peerName === null ? undefined : roundsOf(rounds, peerName);
    const measured = verdict.measure === 'value' ? medianOf(ours) : ratioOf(verdict, ours, peer);
    const reason = ours.gap ?? peer?.gap;
    return {
      area,
      question: question.name,
      ours: medianOf(ours),
      peer: peer === undefined ? null : medianOf(peer),
      peerName,
      ratio: verdict.measure === 'value' ? null : measured,
      unit: question.unit,
      goal: goalText(verdict, question.unit),
      met: isMet(verdict, measured, ours),
      runs: ours.samples.length,
      host,
      oursCpuNs: cpuOf(ours),
      peerCpuNs: peer === undefined ? null : cpuOf(peer),
      oursRounds: ours.samples.map((sample) => sample.value),
      peerRounds: peer?.samples.map((sample) => sample.value) ?? [],
      details: medianDetails(ours.samples),
      ...(reason === undefined ? {} : { note: reason }),
    };
  });
}

export function goalText({ measure, min, max }: Goal, unit: string): string {
  if (min === undefined && max === undefined) return 'report';
  const bound = min === undefined ? `at most ${max}` : `at least ${min}`;
  if (measure === 'value') return `${bound} ${unit}`;
  return measure === 'cpu' ? `${bound}x CPU` : `${bound}x`;
}

function isMet({ min, max }: Goal, measured: number | null, ours: Rounds): boolean | null {
  if (min === undefined && max === undefined) return null;
  // What could not be measured on our side is not reached; a peer that is missing decides nothing.
  if (measured === null) return ours.gap === undefined ? null : false;
  return (min === undefined || measured >= min) && (max === undefined || measured <= max);
}

function roundsOf(rounds: ReadonlyMap<string, Rounds>, name: string): Rounds {
  const found = rounds.get(name);
  if (found === undefined) throw new Error(`no contender is called ${name}`);
  return found;
}

function medianOf({ samples }: Rounds): number | null {
  return samples.length === 0 ? null : median(samples.map((sample) => sample.value));
}

function cpuOf({ samples }: Rounds): number | null {
  const times = samples.flatMap((sample) => sample.cpuNs ?? []);
  return times.length === 0 ? null : median(times);
}

/** The peer with the best median; when none could be measured the first one, so that the gap has a name. */
function bestOf({ against }: Verdict, { better }: Question, rounds: ReadonlyMap<string, Rounds>): string {
  const sign = better === 'higher' ? -1 : 1;
  const measured = against.flatMap((name) => {
    const value = medianOf(roundsOf(rounds, name));
    return value === null ? [] : [{ name, rank: sign * value }];
  });
  measured.sort((a, b) => a.rank - b.rank);
  return measured[0]?.name ?? (against[0] as string);
}

function ratioOf({ measure }: Goal, ours: Rounds, peer: Rounds | undefined): number | null {
  const figure = (sample: Sample) => (measure === 'cpu' ? sample.cpuNs : sample.value);
  const ratios = ours.samples.flatMap((sample, round) => {
    const other = peer?.samples[round];
    const [mine, theirs] = [figure(sample), other === undefined ? undefined : figure(other)];
    return mine === undefined || theirs === undefined ? [] : [mine / theirs];
  });
  return ratios.length === 0 ? null : median(ratios);
}

function medianDetails(samples: readonly Sample[]): Record<string, number> {
  const names = Object.keys(samples[0]?.details ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(samples.flatMap((sample) => sample.details?.[name] ?? []))]),
  );
}
