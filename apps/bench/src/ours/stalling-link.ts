import { type DriverName, type InterconnectLink, type LinkFactory, standardLinks } from '@holdfast/runtime/internals';

/** A switch on the links of one driver: while it is on they swallow what they are given and say nothing. */
export interface StallSwitch {
  stall(driver: DriverName): void;
  release(driver: DriverName): void;
}

/** The standard links, each with a switch. A link that is taken down comes back healthy. */
export function stallingLinks(): { readonly makeLink: LinkFactory; readonly faults: StallSwitch } {
  const stalled = new Set<DriverName>();
  const makeLink: LinkFactory = (driver, wires, arena, maker, around, owner) => {
    const link = standardLinks(driver, wires, arena, maker, around, owner);
    return link && withSwitch(link, stalled);
  };
  return { makeLink, faults: { stall: (driver) => stalled.add(driver), release: (driver) => stalled.delete(driver) } };
}

function withSwitch(link: InterconnectLink, stalled: Set<DriverName>): InterconnectLink {
  const { driver } = link;
  return {
    driver,
    get up() {
      return link.up;
    },
    get counters() {
      return link.counters;
    },
    offer: (bytes, words, start, end) => stalled.has(driver) || link.offer(bytes, words, start, end),
    writable: () => link.writable(),
    publish: () => link.publish(),
    drain: (recordsMax, receive) => (stalled.has(driver) ? 0 : link.drain(recordsMax, receive)),
    wait: (ms) => link.wait(ms),
    fail: (reason) => {
      stalled.delete(driver);
      link.fail(reason);
    },
    renew: () => link.renew(),
    poll: () => link.poll(),
    onPost: (message) => link.onPost(message),
    close: () => link.close(),
  };
}
