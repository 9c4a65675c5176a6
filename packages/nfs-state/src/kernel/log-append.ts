import { writeNext } from './log-accept.ts';
import type { LogEnv } from './log-env.ts';
import { attend } from './log-requests.ts';
import { applyDurable, lastOf, settle } from './log-staged.ts';
import type { Follower, HeadNumber, LogIndex, LogSink, LogState } from './log-types.ts';

export function appended(state: LogState, env: LogEnv, out: LogSink): void {
  const written = state.staged.at(-1)!;
  state.writing = false;
  state.gathering = true;
  state.durable = lastOf(written);
  applyDurable(state, env);
  advance(state, true, env, out);
  out.deliver({ type: 'gather', epoch: state.epoch, answered: written.records.length });
}

export function gathered(state: LogState, env: LogEnv, out: LogSink): void {
  state.gathering = false;
  writeNext(state, env, out);
}

/** What is durable or heard of has changed: tell the followers, answer, and write what waits. */
export function advance(state: LogState, isTold: boolean, env: LogEnv, out: LogSink): void {
  const settled = settledOf(state);
  if (isTold || settled !== state.settled) {
    settle(state, settled);
    const { epoch, durable } = state;
    for (const { head, welcome } of state.followers) {
      if (welcome) out.send(head, { type: 'PROGRESS', epoch, durable, settled });
    }
  }
  attend(state, env, out);
  writeNext(state, env, out);
  saveSnapshot(state, env, out);
}

/** Up to here every head has heard of every record, or is fenced. */
const settledOf = ({ followers, durable }: LogState): LogIndex =>
  followers.reduce((least, { heard }) => Math.min(least, heard), durable);

/** A head follows from now on; it is sent what it cannot have heard of. */
export function welcome(state: LogState, head: HeadNumber, life: number, env: LogEnv, out: LogSink): void {
  let follower = state.followers.find((each) => each.head === head);
  if (follower === undefined) {
    follower = { head, life, welcome: true, heard: 0 };
    state.followers.push(follower);
    state.followers.sort((one, other) => one.head - other.head);
  }
  follower.life = life;
  follower.welcome = true;
  follower.heard = 0;
  const { epoch, durable, settled, next } = state;
  out.trace('welcome', head, life);
  out.send(head, { type: 'WELCOME', epoch, life, durable, settled, next });
  if (state.writing && env.rules.sendsWhatIsWritten()) out.send(head, { type: 'BATCH', batch: state.staged[0]! });
}

export function heard(state: LogState, from: HeadNumber, index: LogIndex, env: LogEnv, out: LogSink): void {
  const follower = state.followers.find(({ head }) => head === from);
  if (follower === undefined) return;
  follower.heard = Math.max(follower.heard, index);
  if (settledOf(state) !== state.settled) advance(state, false, env, out);
}

/** Nobody waits any more for a head that serves nothing. */
export function fence(state: LogState, head: HeadNumber, life: number, env: LogEnv): void {
  const isLeft = (each: Follower): boolean => each.head !== head || !env.rules.isFenced(each.life, life);
  state.followers = state.followers.filter(isLeft);
  state.joining = state.joining.filter((each) => each.head !== head || each.life > life);
}

/** The image as of now is saved beside the log, and then what led to it may be forgotten. */
function saveSnapshot(state: LogState, env: LogEnv, out: LogSink): void {
  const { snapshotRecords, rules } = env;
  const recordsMin = state.isScattered ? 1 : snapshotRecords;
  if (snapshotRecords === 0 || state.saving || state.applied - state.snapshotAt < recordsMin) return;
  state.isScattered = false;
  const { epoch, applied: index, next, unsettled, accepted } = state;
  state.saving = true;
  state.snapshotAt = index;
  out.trace('snapshot', index);
  out.deliver({
    type: 'save',
    epoch,
    snapshot: { index, next, image: env.save(state.image), unsettled, accepted: [...accepted] },
  });
  if (!rules.trimsAfterSaving()) out.deliver({ type: 'trim', epoch, before: next });
}

export function saved(state: LogState, before: number, env: LogEnv, out: LogSink): void {
  state.saving = false;
  out.deliver({ type: 'trim', epoch: state.epoch, before });
  saveSnapshot(state, env, out);
}
