import type { Rounds } from './interleave.ts';
import type { Goal, Question, Sample, Verdict } from './question.ts';
import type { Result } from './result.ts';
import { median } from './statistics.ts';

/** Turn the rounds of a question into one result per verdict. */
export function judge(area: string, question: Question, rounds: ReadonlyMap<string, Rounds>, host: string): Result[] {
  return question.verdicts.map((verdict) => {
    const figure = figureOf(verdict);
    const ours = roundsOf(rounds, question.ours.name);
    const peerName = verdict.against.length === 0 ? null : bestOf(verdict, question, rounds);
    const peer = peerName === null ? undefined : roundsOf(rounds, peerName);
    const judged = verdict.measure === 'value' ? medianOf(ours, figure) : comparisonOf(verdict, ours, peer);
    const unit = verdict.unit ?? question.unit;
    const reason = ours.gap ?? peer?.gap;
    return {
      area,
      question: verdict.detail === undefined ? question.name : `${question.name}: ${verdict.detail}`,
      ours: medianOf(ours, figure),
      peer: peer === undefined ? null : medianOf(peer, figure),
      peerName,
      ratio: verdict.measure === 'ratio' || verdict.measure === 'cpu' ? judged : null,
      unit,
      goal: goalText(verdict, unit),
      met: isMet(verdict, judged, ours),
      runs: ours.samples.length,
      host,
      oursCpuNs: medianOf(ours, cpuNs),
      peerCpuNs: peer === undefined ? null : medianOf(peer, cpuNs),
      oursRounds: ours.samples.flatMap((sample) => figure(sample) ?? []),
      peerRounds: peer?.samples.flatMap((sample) => figure(sample) ?? []) ?? [],
      details: medianDetails(ours.samples),
      ...(reason === undefined ? {} : { note: reason }),
    };
  });
}

function goalText({ measure, min, max }: Goal, unit: string): string {
  if (min === undefined && max === undefined) return 'report';
  const bound = min === undefined ? `at most ${max}` : `at least ${min}`;
  switch (measure) {
    case 'value':
      return `${bound} ${unit}`;
    case 'difference':
      return `${bound} ${unit} more`;
    case 'cpu':
      return `${bound}x CPU`;
    case 'ratio':
      return `${bound}x`;
  }
}

function isMet({ min, max }: Goal, judged: number | null, ours: Rounds): boolean | null {
  if (min === undefined && max === undefined) return null;
  // What could not be measured on our side is not reached; a peer that is missing decides nothing.
  if (judged === null) return ours.gap === undefined ? null : false;
  return (min === undefined || judged >= min) && (max === undefined || judged <= max);
}

type Figure = (sample: Sample) => number | undefined;

const cpuNs: Figure = (sample) => sample.cpuNs;

/** What a verdict shows of a sample. */
function figureOf({ detail }: Verdict): Figure {
  return detail === undefined ? (sample) => sample.value : (sample) => sample.details?.[detail];
}

function roundsOf(rounds: ReadonlyMap<string, Rounds>, name: string): Rounds {
  const found = rounds.get(name);
  if (found === undefined) throw new Error(`no contender is called ${name}`);
  return found;
}

function medianOf({ samples }: Rounds, figure: Figure): number | null {
  const figures = samples.flatMap((sample) => figure(sample) ?? []);
  return figures.length === 0 ? null : median(figures);
}

/** The peer with the best median; when none could be measured the first one, so that the gap has a name. */
function bestOf(verdict: Verdict, { better }: Question, rounds: ReadonlyMap<string, Rounds>): string {
  const sign = better === 'higher' ? -1 : 1;
  const measured = verdict.against.flatMap((name) => {
    const value = medianOf(roundsOf(rounds, name), figureOf(verdict));
    return value === null ? [] : [{ name, rank: sign * value }];
  });
  measured.sort((a, b) => a.rank - b.rank);
  return measured[0]?.name ?? (verdict.against[0] as string);
}

/** The median over the rounds of what the goal compares. */
function comparisonOf(verdict: Verdict, ours: Rounds, peer: Rounds | undefined): number | null {
  const figure = verdict.measure === 'cpu' ? cpuNs : figureOf(verdict);
  const compared = ours.samples.flatMap((sample, round) => {
    const other = peer?.samples[round];
    const mine = figure(sample);
    const theirs = other === undefined ? undefined : figure(other);
    if (mine === undefined || theirs === undefined) return [];
    return [verdict.measure === 'difference' ? mine - theirs : mine / theirs];
  });
  return compared.length === 0 ? null : median(compared);
}

function medianDetails(samples: readonly Sample[]): Record<string, number> {
  const names = Object.keys(samples[0]?.details ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(samples.flatMap((sample) => sample.details?.[name] ?? []))]),
  );
}
