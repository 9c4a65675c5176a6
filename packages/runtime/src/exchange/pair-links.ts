import type { InterconnectLink, LinkDownReason, LinkSurroundings } from '../interconnect/types.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import type { LinkId } from '../kernel/session-types.ts';
import type { MemberSlot } from '../member.ts';
import { type Doorbell, firstLinkSignal, otherSignal } from '../wake/doorbell.ts';
import type { PeerPlace } from './peer-place.ts';

/** What the links of a pair tell, by their number. */
export interface PairLinksOwner {
  onDown(link: LinkId, reason: LinkDownReason): void;
  onUp(link: LinkId): void;
}

/** This side's end of every link the wires hold, preferred first: a link's position is its number on both sides. */
export function makePairLinks(
  { block, self, waker, makeLink }: PeerPlace,
  peer: MemberSlot,
  wires: WireEnds,
  doorbell: Doorbell,
  owner: PairLinksOwner,
): InterconnectLink[] {
  const links: InterconnectLink[] = [];
  for (const driver of wires.drivers) {
    const index = links.length;
    const kind = index === 0 ? firstLinkSignal : otherSignal;
    const around: LinkSurroundings = {
      sendCut: () => block.isCut(self, peer),
      receiveCut: () => block.isCut(peer, self),
      signal: () => doorbell.signal(kind),
      wait: (ms) => waker.wait(ms),
      post: (message, transfer) => doorbell.post({ link: index, message }, transfer),
    };
    const link = makeLink(driver, wires, block.arena, self < peer, around, {
      onDown: (reason) => owner.onDown(index, reason),
      onUp: () => owner.onUp(index),
    });
    if (link !== undefined) links.push(link);
  }
  return links;
}
