import { delaySteps } from '../limits.ts';

const shortestPart = 0.1;

/** Quantiles of a delay with mean 1: a shortest part that is always there, the rest exponential. */
const quantiles = Array.from({ length: delaySteps }, (_, step) =>
  step === 0 ? shortestPart : shortestPart - (1 - shortestPart) * Math.log(1 - (step + 0.5) / delaySteps),
);

/** The delay that a draw below {@link delaySteps} stands for, in the unit of its mean. */
export const delayOf = (draw: number, mean: number): number => (quantiles[draw] as number) * mean;
