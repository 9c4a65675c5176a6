import type { NodeCall } from './node-call.ts';

/**
 * How a sync stands with the device: its value is being written, or it `waits` for a write of the same or a later version.
 * `unwanted`: it is being written for a call that a change of view ended.
 */
export const deviceSyncStages = ['writes', 'waits', 'unwanted'] as const;

export interface DeviceSync extends NodeCall {
  readonly version: number;
  readonly stage: (typeof deviceSyncStages)[number];
}
