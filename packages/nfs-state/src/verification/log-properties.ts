import { always, canFinish, type Property, quiescent, sometimes, type WorldView } from '@holdfast/simulation';
import type { Follower, LogRecord } from '../kernel/log-types.ts';
import { applyLock, emptyLocks, type LockChange, type LockImage, planLock } from './log-locks.ts';
import { ghostOf, headsOf, type LogScenario, lifeOf, logOf, shelfOf } from './log-scenario.ts';

/** Every record that is durable, in order. */
function durableRecords(view: WorldView, scenario: LogScenario): LogRecord[] {
  const records: LogRecord[] = [];
  for (const batch of shelfOf(view, scenario).log) {
    if (batch === 'torn') break;
    records.push(...batch.records);
  }
  return records;
}

/** The image after each number of records, and what is wrong with the log itself. */
function replay(records: readonly LogRecord[], clients: number): { images: LockImage[]; wrong: string | undefined } {
  const images = [emptyLocks(clients)];
  let wrong: string | undefined;
  for (const { change } of records) {
    const image = images.at(-1)!;
    const ask = change as LockChange;
    if (ask.kind === 'count' && ask.marks !== image.marks.length) wrong ??= 'a record rests on what was no longer so';
    const isTwice = ask.kind === 'mark' && image.marks.includes(ask.mark);
    if (isTwice) wrong ??= 'something was done twice';
    if (planLock(image, ask).change === undefined) wrong ??= 'a record was appended that should have been refused';
    images.push(applyLock(image, ask));
  }
  return { images, wrong };
}

function wrongImage(view: WorldView, scenario: LogScenario): string | undefined {
  const records = durableRecords(view, scenario);
  const { images, wrong } = replay(records, scenario.clients);
  if (wrong !== undefined) return wrong;
  for (const head of headsOf(scenario)) {
    if (!view.up(head)) continue;
    const { applied, image } = logOf(view, head);
    const expected = images[applied];
    if (expected === undefined) return `head ${head} applied ${applied} of ${records.length} durable records`;
    if (JSON.stringify(image) !== JSON.stringify(expected)) return `head ${head} has another image than the log`;
  }
  return undefined;
}

/** What was answered stays, whoever dies. */
function lostAnswer(view: WorldView, scenario: LogScenario): string | undefined {
  const changes = durableRecords(view, scenario).map(({ change }) => JSON.stringify(change));
  for (const call of ghostOf(view).done) {
    const { ask } = scenario.asks[call]!;
    if (ask.kind === 'count') continue;
    if (!changes.includes(JSON.stringify(ask))) return `${JSON.stringify(ask)} was answered and is not in the log`;
  }
  return undefined;
}

/** Where nothing is under way, nobody who can be served waits. */
function waitsForNothing(view: WorldView, scenario: LogScenario): string | undefined {
  const { epoch, appender } = ghostOf(view);
  const shelf = shelfOf(view, scenario);
  if (epoch === 0 || !view.up(appender) || shelf.landing.length > 0 || shelf.claiming !== undefined) return undefined;
  const { phase, followers, queue } = logOf(view, appender);
  if (logOf(view, appender).epoch !== epoch || phase === 'following') return undefined;
  if (phase !== 'appending') return 'an appender never begins';
  if (queue.length > 0) return 'records wait to be written';
  const isThere = ({ head, life, welcome }: Follower): boolean =>
    welcome && view.up(head) && life === lifeOf(view.incarnation(head));
  if (!followers.every(isThere)) return undefined;
  for (const head of headsOf(scenario)) {
    if (!view.up(head)) continue;
    const state = logOf(view, head);
    if (state.epoch !== epoch) continue;
    if (head !== appender && !followers.some((each) => each.head === head)) continue;
    if (!state.serving) return `head ${head} is never caught up`;
    if (state.pending.length > 0) return `somebody waits at head ${head}`;
    if (state.applied !== logOf(view, appender).applied) return `head ${head} is behind`;
  }
  return undefined;
}

export const logProperties = (scenario: LogScenario): Property<WorldView>[] => [
  always('images are those of the log', (view) => wrongImage(view, scenario)),
  always('what was answered is in the log', (view) => lostAnswer(view, scenario)),
  quiescent('nobody waits for nothing', (view) => waitsForNothing(view, scenario)),
  canFinish('somebody appends, or whoever would is dead', (view) => {
    const { epoch, appender } = ghostOf(view);
    const successor = scenario.appointments[epoch];
    const isLast = successor === undefined || !view.up(successor);
    return isLast || (epoch > 0 && view.up(appender) && logOf(view, appender).phase === 'appending');
  }),
  ...scenario.asks.flatMap(({ ask }, call) =>
    ask.kind === 'check'
      ? []
      : [sometimes<WorldView>(`${Object.values(ask).join(' ')} is done`, (view) => ghostOf(view).done.includes(call))],
  ),
];
