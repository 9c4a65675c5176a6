import { type Kernel, refuseImpossible } from '@holdfast/kernel';
import {
  answerFlushes,
  applicationWrote,
  flush,
  serverLost,
  truncate,
  truncated,
  truncateIfDue,
  writeBack,
} from './page-sync-calls.ts';
import {
  commitFailed,
  commitLayoutIfDue,
  committed,
  commitWhatIsDue,
  layoutCommitFailed,
  layoutCommitted,
} from './page-sync-commits.ts';
import type { PageSyncEnv } from './page-sync-env.ts';
import {
  layoutGranted,
  layoutRefused,
  layoutReturned,
  leaseLost,
  recalled,
  returnLayoutIfDue,
} from './page-sync-layout.ts';
import { decodePageSync, encodePageSync, initialPageSync } from './page-sync-state.ts';
import { pageSyncTable } from './page-sync-table.ts';
import {
  type FlushResult,
  type PageAnswer,
  type PageNotice,
  type PageRequest,
  type PageSyncEvent,
  type PageSyncSink,
  type PageSyncState,
  type ServerNumber,
  suspendTimer,
} from './page-sync-types.ts';
import { writeFailed, writeNewest, writeWhatIsReady, written } from './page-sync-writes.ts';

const columnOfAnswer: Readonly<Record<PageAnswer['type'], string>> = {
  WRITTEN: 'written',
  WRITE_FAILED: 'write-failed',
  COMMITTED: 'committed',
  COMMIT_FAILED: 'commit-failed',
  LAYOUT: 'layout',
  LAYOUT_REFUSED: 'layout-refused',
  LAYOUT_COMMITTED: 'layout-committed',
  LAYOUT_COMMIT_FAILED: 'layout-commit-failed',
  LAYOUT_RETURNED: 'layout-returned',
  ATTRIBUTES_SET: 'attributes-set',
};

function column(event: PageSyncEvent): string {
  if (event.type === 'answer') return columnOfAnswer[event.answer.type];
  if (event.type === 'timer') return event.timer === suspendTimer ? 'timer-suspend' : 'timer-rest';
  return event.type;
}

function row(state: PageSyncState, event: PageSyncEvent, env: PageSyncEnv): string {
  switch (event.type) {
    case 'write':
    case 'write-back':
      return state.pages.get(event.page)?.status ?? 'CLEAN';
    case 'recall':
      return `layout ${state.layout.status}`;
    case 'answer':
      return rowOfAnswer(state, event.from, event.answer, env);
    default:
      return 'file';
  }
}

function rowOfAnswer(state: PageSyncState, from: ServerNumber, answer: PageAnswer, env: PageSyncEnv): string {
  const isAwaited = (outstanding: number): boolean => env.rules.isAwaited(answer.request, outstanding);
  switch (answer.type) {
    case 'WRITTEN':
    case 'WRITE_FAILED': {
      const page = state.pages.get(answer.page);
      return page !== undefined && page.request !== 0 && isAwaited(page.request) ? page.status : 'late';
    }
    case 'COMMITTED':
    case 'COMMIT_FAILED': {
      const commit = state.commits.find(({ server }) => server === from);
      return commit !== undefined && isAwaited(commit.request) ? 'outstanding' : 'late';
    }
    case 'LAYOUT_COMMITTED':
    case 'LAYOUT_COMMIT_FAILED':
      return state.layoutCommit !== 0 && isAwaited(state.layoutCommit) ? 'outstanding' : 'late';
    case 'ATTRIBUTES_SET':
      return state.truncation !== undefined && isAwaited(state.truncation.request) ? 'outstanding' : 'late';
    default:
      return isAwaited(state.layout.request) ? `layout ${state.layout.status}` : 'late';
  }
}

function step(state: PageSyncState, event: PageSyncEvent, env: PageSyncEnv, out: PageSyncSink): void {
  const cell = refuseImpossible(pageSyncKernel.name, pageSyncTable, row(state, event, env), column(event));
  if (cell.class === 'ignored') return;
  if (event.type === 'write') {
    applicationWrote(state, event, env);
    return;
  }
  if (event.type === 'write-back') {
    if (writeBack(state, event)) writeNewest(state, env, out);
    return;
  }
  if (event.type === 'answer' && event.answer.type === 'WRITTEN') {
    written(state, event.answer.page, state.pages.get(event.answer.page)!, event.answer, env, out);
    if (isOneOfMany(state, event.from, env)) {
      writeWhatIsReady(state, env, out);
      return;
    }
  } else {
    handle(state, event, env, out);
  }
  advance(state, env, out);
}

/**
 * Writes come in bursts, and most of their answers allow nothing but the next write: a COMMIT waits for more, or for the
 * answer to the one before, and is due only when a flush waits.
 */
function isOneOfMany(state: PageSyncState, server: ServerNumber, env: PageSyncEnv): boolean {
  if (state.unstable[server] === 0 || state.truncation !== undefined || state.layout.status === 'giving-up')
    return false;
  if (state.flushes.length === 0) return true;
  if (state.commits.some((commit) => commit.server === server)) return true;
  return state.writing[server]! > 0 && state.unstable[server]! < env.commitPages;
}

function handle(
  state: PageSyncState,
  event: Exclude<PageSyncEvent, { type: 'write' | 'write-back' }>,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  switch (event.type) {
    case 'flush':
      flush(state, event, env);
      break;
    case 'truncate':
      if (state.truncation !== undefined)
        throw new RangeError('one truncation at a time: wait for the answer to the last');
      truncate(state, event, env);
      break;
    case 'server-lost':
      serverLost(state, event.server, env);
      break;
    case 'recall':
      recalled(state, env, out);
      break;
    case 'lease-lost':
      leaseLost(state, event.lease, env, out);
      break;
    case 'timer':
      if (event.timer === suspendTimer) state.layout.suspended = false;
      else state.resting = false;
      break;
    case 'answer':
      answered(state, event.from, event.answer, env, out);
      break;
  }
}

function answered(
  state: PageSyncState,
  from: ServerNumber,
  answer: PageAnswer,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  switch (answer.type) {
    case 'WRITTEN':
      break;
    case 'WRITE_FAILED':
      writeFailed(state, answer.page, state.pages.get(answer.page)!, answer, env, out);
      break;
    case 'COMMITTED':
      committed(state, state.commits.find(({ server }) => server === from)!, answer, env, out);
      break;
    case 'COMMIT_FAILED':
      commitFailed(state, state.commits.find(({ server }) => server === from)!, answer.again, env, out);
      break;
    case 'LAYOUT':
      layoutGranted(state, answer.generation);
      break;
    case 'LAYOUT_REFUSED':
      layoutRefused(state, answer.why, env, out);
      break;
    case 'LAYOUT_RETURNED':
      layoutReturned(state);
      break;
    case 'LAYOUT_COMMITTED':
      layoutCommitted(state, env, out);
      break;
    case 'LAYOUT_COMMIT_FAILED':
      layoutCommitFailed(state, answer.again, env, out);
      break;
    case 'ATTRIBUTES_SET':
      truncated(state, out);
      break;
  }
}

/** Whatever became possible. */
function advance(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  truncateIfDue(state, env, out);
  writeWhatIsReady(state, env, out);
  commitWhatIsDue(state, env, out);
  commitLayoutIfDue(state, env, out);
  returnLayoutIfDue(state, env, out);
  answerFlushes(state, out);
}

/**
 * One file's cached pages on a client, from the write of the application until they may be forgotten. See
 * {@link pageStatuses} and docs/page-sync.md.
 */
export const pageSyncKernel: Kernel<PageSyncState, PageSyncEvent, PageSyncEnv, PageRequest, FlushResult, PageNotice> = {
  name: 'page-sync',
  table: pageSyncTable,
  initial: initialPageSync,
  row,
  column,
  step,
  encode: encodePageSync,
  decode: decodePageSync,
};
