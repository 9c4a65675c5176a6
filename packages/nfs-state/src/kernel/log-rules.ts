import {
  anything,
  type BatchNumber,
  type HeadNumber,
  type LogBatch,
  type LogContents,
  type LogIndex,
  type LogSnapshot,
  type LogState,
} from './log-types.ts';

/** The decisions that make the log right; the seeded bugs each replace one. */
export interface LogRules {
  /** Whether a record may be appended: nothing it compares was touched after what its head had seen. */
  isCurrent(lastTouched: LogIndex, seen: LogIndex): boolean;
  /** The last record that touched the key. */
  lastTouch(key: string, state: LogState): LogIndex;
  /** What is not in the table of keys was touched at the latest here. */
  floorAfterForgetting(tail: LogIndex): LogIndex;
  /** Whether a batch that ends with `last` may be applied. */
  mayApply(last: LogIndex, durable: LogIndex): boolean;
  /** Whether the answer to a request may be given, whose record is known. */
  mayAnswer(record: { readonly index: LogIndex; readonly keys: readonly string[] }, state: LogState): boolean;
  /** Whether what changes nothing may be said: it follows from nothing that takes a right away and is not settled. */
  maySay(compares: readonly string[], state: LogState): boolean;
  /** The last record that takes a right away, is not settled, and touches what a new one does: 0 for none. */
  restsOn(touches: readonly string[], unsettled: LogState['unsettled']): LogIndex;
  /** The heads that a new appender waits for. */
  waitsFor(others: readonly HeadNumber[]): readonly HeadNumber[];
  /** Whether the life of a head that is fenced is the one the appender knows, or an earlier one. */
  isFenced(knownLife: number, fencedLife: number): boolean;
  /** Whether the claim is raised before the log is read. */
  claimsFirst(): boolean;
  /** Where a new appender writes its seal: over a torn end. */
  sealsAt(next: BatchNumber, contents: LogContents): BatchNumber;
  /** Whether a head finds its own proposals in what it reads. */
  findsItsOwn(): boolean;
  /** Whether an answer that changes nothing waits for records under way that touch what it is decided on. */
  waitsForStaged(touches: readonly string[], compares: readonly string[]): boolean;
  /** Whether a head asks before it says something for which being behind could be the reason. */
  asksWhenBehind(): boolean;
  /** Whether a head that was out of touch for too long still serves. */
  servesWhenLapsed(): boolean;
  /** Whether a head serves before it has caught up with a new appender. */
  servesWhileReading(): boolean;
  /** The batches that count. */
  valid(contents: LogContents): readonly LogBatch[];
  /** Whether the log is trimmed only once the snapshot is durable. */
  trimsAfterSaving(): boolean;
  /** The snapshot a read begins with. */
  startsFrom(snapshot: LogSnapshot | undefined): LogSnapshot | undefined;
  /** Whether a batch that is heard of is one that was not applied yet: a snapshot may have led beyond it. */
  isNews(number: BatchNumber, next: BatchNumber): boolean;
  /** Whether a head finds its own proposals in a snapshot. */
  findsInSnapshots(): boolean;
  /** Whether a head that joins hears of the batch that is being written. */
  sendsWhatIsWritten(): boolean;
}

function whole({ batches }: LogContents): readonly LogBatch[] {
  const found: LogBatch[] = [];
  for (const batch of batches) {
    if (batch === 'torn') break;
    found.push(batch);
  }
  return found;
}

function isTouched(touches: readonly string[], compares: readonly string[]): boolean {
  return compares.includes(anything) || touches.some((key) => compares.includes(key));
}

export const logRules: LogRules = {
  isCurrent: (lastTouched, seen) => lastTouched <= seen,
  lastTouch: (key, { touched, tail, floor }) => (key === anything ? tail : (touched.get(key) ?? floor)),
  floorAfterForgetting: (tail) => tail,
  mayApply: (last, durable) => last <= durable,
  mayAnswer: ({ index, keys }, { applied, unsettled }) =>
    index <= applied && !unsettled.some((each) => each.index <= index && isTouched(each.touches, keys)),
  maySay: (compares, { unsettled }) => !unsettled.some(({ touches }) => isTouched(touches, compares)),
  restsOn: (touches, unsettled) =>
    unsettled.reduce((last, each) => (isTouched(each.touches, touches) ? Math.max(last, each.index) : last), 0),
  waitsFor: (others) => others,
  isFenced: (knownLife, fencedLife) => knownLife <= fencedLife,
  claimsFirst: () => true,
  sealsAt: (next) => next,
  findsItsOwn: () => true,
  waitsForStaged: isTouched,
  asksWhenBehind: () => true,
  servesWhenLapsed: () => false,
  servesWhileReading: () => false,
  valid: whole,
  trimsAfterSaving: () => true,
  startsFrom: (snapshot) => snapshot,
  isNews: (number, next) => number >= next,
  findsInSnapshots: () => true,
  sendsWhatIsWritten: () => true,
};
