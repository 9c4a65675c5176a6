import { HoldfastError, type HoldfastErrorInit } from '../errors.ts';

/** Thrown by sends on a channel that is closed, and given to whoever waited on it: `HF_CHANNEL_CLOSED`. */
export class ChannelClosedError extends HoldfastError {
  override readonly name = 'ChannelClosedError';
  constructor(channel: string, why: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_CHANNEL_CLOSED', `Channel ${channel} is closed: ${why}.`, {
      hint: 'Connect again; what was sent and not answered may or may not have arrived.',
      ...init,
    });
  }
}
