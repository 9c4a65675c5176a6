import { HoldfastError, type HoldfastErrorInit } from '../errors.ts';

/**
 * Thrown when a job could not be run to its end: `HF_LANE_FULL` (too many are waiting), `HF_LANE_PAGES` (a page run is
 * stale), `HF_LANE_DIED` (its thread ended in the middle), `HF_LANE_CLOSED` (the cluster closed).
 */
export class LaneError extends HoldfastError {
  override readonly name = 'LaneError';
  static full(jobsMax: number): LaneError {
    return new LaneError('HF_LANE_FULL', `The compute lane has ${jobsMax} jobs waiting or running, its limit.`, {
      hint: 'Wait for some to settle.',
      retryable: true,
    });
  }

  static pages(first: number): LaneError {
    return new LaneError('HF_LANE_PAGES', `The run at page ${first} was given back, or its owner died.`, {
      hint: 'Hand in pages with their current generation.',
    });
  }

  static died(init?: Partial<HoldfastErrorInit>): LaneError {
    return new LaneError('HF_LANE_DIED', 'The thread of the job ended before the job did.', {
      hint: 'The pages it wrote may be half written. See the cause.',
      ...init,
    });
  }

  static closed(): LaneError {
    return new LaneError('HF_LANE_CLOSED', 'The compute lane is closed.', { hint: 'Start a new cluster.' });
  }
}
