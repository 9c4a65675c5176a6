import { type CellTable, cellAt, handled, ignored, impossible, type Kernel, ProtocolError } from '@holdfast/kernel';
import type { LinkId, SessionEvent, SessionFrame } from '../kernel/session-types.ts';

/**
 * The ends of the links of one member, as a host runs them: they carry frames, report carriers, reset themselves when
 * the session fences a link, and refuse records while they are congested.
 */

export type LinkEndsEvent =
  /** The member starts, with all its carriers there. */
  | { readonly type: 'boot'; readonly link: LinkId }
  | { readonly type: 'carrier-on'; readonly link: LinkId }
  | { readonly type: 'carrier-off'; readonly link: LinkId }
  | { readonly type: 'transmit'; readonly link: LinkId; readonly frame: SessionFrame }
  | { readonly type: 'arrived'; readonly link: LinkId; readonly frame: SessionFrame }
  /** The session fenced the link: reset the end, then report it if its carrier is there. */
  | { readonly type: 'reset'; readonly link: LinkId }
  /** The next FENCE to arrive on the link is lost. */
  | { readonly type: 'lose-fence'; readonly link: LinkId }
  /** No room for records, and room again. */
  | { readonly type: 'congest'; readonly link: LinkId }
  | { readonly type: 'relieve'; readonly link: LinkId };

interface LinkEnd {
  on: boolean;
  congested: boolean;
  losesFence: boolean;
}

export interface LinkEndsState {
  readonly ends: LinkEnd[];
}

const table: CellTable = {
  on: {
    boot: impossible('a member boots once'),
    'carrier-on': impossible('carriers are reported once'),
    'carrier-off': handled,
    'lose-fence': handled,
    transmit: handled,
    arrived: handled,
    reset: handled,
    congest: handled,
    relieve: handled,
  },
  off: {
    boot: handled,
    'carrier-on': handled,
    'carrier-off': impossible('carriers are reported once'),
    'lose-fence': impossible('only an end that is on is told to lose one'),
    transmit: impossible('a session sends nothing on a link whose carrier is gone'),
    arrived: ignored('there is no carrier'),
    reset: ignored('it is reported when the carrier is there'),
    congest: ignored('there is nothing to congest'),
    relieve: impossible('there is nothing to relieve'),
  },
};

/** What the ends of `links` links do between the network and a session kernel. */
export const linkEnds: Kernel<LinkEndsState, LinkEndsEvent, number, SessionFrame, never, SessionEvent> = {
  name: 'link-ends',
  table,
  initial: (links) => ({
    ends: Array.from({ length: links }, () => ({ on: false, congested: false, losesFence: false })),
  }),
  row: (state, event) => (state.ends[event.link]!.on ? 'on' : 'off'),
  column: (event) => event.type,
  step(state, event, env, out) {
    const cell = cellAt('link-ends', table, linkEnds.row(state, event, env), event.type);
    if (cell.class === 'ignored') return;
    if (cell.class === 'impossible') throw new ProtocolError('link-ends', 'any', event.type, cell.why);
    const { link } = event;
    const end = state.ends[link]!;
    switch (event.type) {
      case 'boot':
        for (const [index, each] of state.ends.entries()) {
          each.on = true;
          out.deliver({ type: 'link-restored', link: index });
        }
        break;
      case 'carrier-on':
        end.on = true;
        out.deliver({ type: 'link-restored', link });
        break;
      case 'carrier-off':
        end.on = false;
        end.congested = false;
        out.deliver({ type: 'link-failed', link });
        break;
      case 'transmit':
        if (event.frame.type === 'data' && end.congested) {
          const { trafficClass, sequence } = event.frame;
          out.deliver({ type: 'link-blocked', link, trafficClass, sequence });
        } else {
          out.send(link, event.frame);
        }
        break;
      case 'arrived':
        if (event.frame.type === 'fence' && end.losesFence) end.losesFence = false;
        else out.deliver({ type: 'frame', link, frame: event.frame });
        break;
      case 'lose-fence':
        end.losesFence = true;
        break;
      case 'reset':
        end.congested = false;
        out.deliver({ type: 'link-restored', link });
        break;
      case 'congest':
        end.congested = true;
        break;
      case 'relieve':
        end.congested = false;
        out.deliver({ type: 'link-writable', link });
        break;
    }
  },
  encode(state, into) {
    into.list(state.ends, (end, to) => {
      to.flag(end.on);
      to.flag(end.congested);
      to.flag(end.losesFence);
    });
  },
  decode: (from) => ({
    ends: from.list((each) => ({ on: each.flag(), congested: each.flag(), losesFence: each.flag() })),
  }),
};
