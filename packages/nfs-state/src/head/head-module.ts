import { raidObjects } from '@holdfast/raid/objects';
import { registerNfsStateErrors } from '../error-classes.ts';
import { coordName } from '../limits.ts';
import { ManifestStore } from '../log/log-manifest.ts';
import { toText } from '../log/plain-text.ts';
import { SegmentLog } from '../log/segment-log.ts';
import { monotonicClock, SteeredClock } from './head-clock.ts';
import { HeadHost } from './head-host.ts';
import { HeadOptions, HeadService } from './head-service.ts';
import { announceHead } from './local-head.ts';
import type { PriorityTable } from './priority.ts';

/** The service module of a head. */
export default HeadService.implement((context, options) => {
  registerNfsStateErrors();
  const { heads, priority, snapshotRecords, leaseMs, steersClock, requestWaitMs } = HeadOptions.parse(options);
  const log = new SegmentLog(raidObjects(context), new ManifestStore(context.coord, coordName));
  const table = priority as PriorityTable;
  const steered = steersClock ? new SteeredClock() : undefined;
  const clock = steered ?? monotonicClock;
  const host = new HeadHost(context, log, { heads, table, snapshotRecords, leaseMs, clock, requestWaitMs });
  const isGone = announceHead(host);
  return {
    ask: async ({ operation, slot }) => toText(await host.ask({ operation, ...(slot && { slot }) })),
    place: () => host.place,
    readable: () => host.assertReadable(),
    table: (name) => toText([...host.state[name].values()]),
    recalls: ({ client }) => host.clients.recalls.listen(client),
    leases: () => host.clients.leases.left(),
    recallLayouts: async ({ file, except }) => {
      const { status } = await host.ask({ operation: { type: 'layout-recall', file, except } });
      return status;
    },
    standAside: () => host.standAside(),
    hold: (step) => host.holds.hold(step),
    held: () => host.holds.held(),
    release: () => host.holds.release(),
    turn: ({ ms, stalls }) => (stalls ? steered?.stall(ms) : steered?.advance(ms)),
    [Symbol.asyncDispose]: () => {
      isGone();
      return host.close();
    },
  };
});
