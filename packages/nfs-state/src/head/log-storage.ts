import type { LogEvent, LogRequest } from '../kernel/log-types.ts';
import type { SegmentLog } from '../log/segment-log.ts';
import type { HeadHolds } from './head-holds.ts';

/**
 * Carries out what the log kernel asks of its storage; what it is told then, if anything.
 * @throws what the log and the array say
 */
export async function carryOut(
  log: SegmentLog,
  request: Exclude<LogRequest, { type: 'gather' }>,
  holds: HeadHolds,
): Promise<LogEvent | undefined> {
  const { epoch } = request;
  switch (request.type) {
    case 'claim':
      await log.claim(epoch);
      return { type: 'claimed', epoch };
    case 'read':
      return { type: 'contents', epoch, contents: await log.read(request.from) };
    case 'append':
      await holds.pass('append');
      await log.append(epoch, request.batch);
      await holds.pass('appended');
      return { type: 'appended', epoch };
    case 'save':
      await log.save(epoch, request.snapshot);
      return { type: 'saved', epoch, next: request.snapshot.next };
    case 'trim':
      await log.trim(epoch, request.before);
      return undefined;
  }
}
