import type { SessionEvent } from '../kernel/session-types.ts';
import { ArrivedFrame } from './session-header.ts';

/*
 * The events a host feeds to the session kernel come in two shapes only, each object used again and again: code that
 * sees more than a few shapes of object is several times slower at looking into them (measured: 0.3 and 0.8 us a record).
 */

/** An event that is about a link, among them the arrival of a frame. */
export class LinkEvent {
  type: SessionEvent['type'] = 'frame';
  link = 0;
  readonly frame = new ArrivedFrame();
  trafficClass = 0;
  sequence = 0;
}

/** An event that is not about a link. The kernel tells the two apart by the field `link`. */
export class PlainEvent {
  type: SessionEvent['type'] = 'send';
  trafficClass = 0;
  call = 0;
  handle = 0;
  records = 0;
  timer = 0;
  self = 0;
  peer = 0;
  links: readonly number[] = [];
}
