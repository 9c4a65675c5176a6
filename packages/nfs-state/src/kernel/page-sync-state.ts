import type { Decoder, Encoder } from '@holdfast/kernel';
import type { PageSyncEnv } from './page-sync-env.ts';
import { isUnstable } from './page-sync-pages.ts';
import {
  type LayoutStatus,
  type Page,
  type PageGoal,
  type PageStatus,
  type PageSyncState,
  pageStatuses,
} from './page-sync-types.ts';

const goals: readonly PageGoal[] = ['rest', 'written', 'stable'];
const layoutStatuses: readonly LayoutStatus[] = ['none', 'getting', 'held', 'giving-up', 'returning'];

export function initialPageSync(env: PageSyncEnv): PageSyncState {
  return {
    pages: new Map(),
    ready: [],
    readyFrom: 0,
    layout: { status: 'none', generation: 0, request: 0, suspended: false, failed: false, errors: 0 },
    commits: [],
    layoutCommit: 0,
    flushes: [],
    mark: 0,
    failures: 0,
    truncation: undefined,
    lease: 0,
    resting: false,
    request: 0,
    writing: new Array<number>(env.dataServers + 1).fill(0),
    unstable: new Array<number>(env.dataServers + 1).fill(0),
    waiting: new Map(),
  };
}

export function encodePageSync(state: PageSyncState, into: Encoder): void {
  into.list(
    [...state.pages].sort(([one], [other]) => one - other),
    ([number, page], to) => {
      to.uint(number);
      encodePage(page, to);
    },
  );
  into.list(state.ready.slice(state.readyFrom), (number, to) => to.uint(number));
  const { layout, truncation } = state;
  into.uint(layoutStatuses.indexOf(layout.status));
  into.uint(layout.generation);
  into.uint(layout.request);
  into.flag(layout.suspended);
  into.flag(layout.failed);
  into.uint(layout.errors);
  into.list(state.commits, (commit, to) => {
    to.uint(commit.server);
    to.uint(commit.request);
    to.uint(commit.retries);
  });
  into.uint(state.layoutCommit);
  into.list(state.flushes, (flush, to) => {
    to.uint(flush.call);
    to.uint(flush.mark);
  });
  into.uint(state.mark);
  into.uint(state.failures);
  into.flag(truncation !== undefined);
  if (truncation !== undefined) {
    into.uint(truncation.call);
    into.uint(truncation.from);
    into.uint(truncation.request);
  }
  into.uint(state.lease);
  into.flag(state.resting);
  into.uint(state.request);
  into.uint(state.writing.length);
}

function encodePage(page: Page, into: Encoder): void {
  into.uint(pageStatuses.indexOf(page.status));
  into.uint(page.content);
  into.uint(page.sent);
  into.int(page.server);
  into.uint(page.verifier);
  into.uint(page.request);
  into.uint(goals.indexOf(page.goal));
  into.flag(page.locked);
  into.int(page.unsettled);
  into.uint(page.sentAt);
  into.uint(page.wantedSince);
  into.uint(page.wantedBy);
}

export function decodePageSync(from: Decoder): PageSyncState {
  const pages = new Map(from.list((each) => [each.uint(), decodePage(each)] as const));
  const ready = from.list((each) => each.uint());
  for (const number of ready) pages.get(number)!.isReady = true;
  const layout = {
    status: layoutStatuses[from.uint()]!,
    generation: from.uint(),
    request: from.uint(),
    suspended: from.flag(),
    failed: from.flag(),
    errors: from.uint(),
  };
  const commits = from.list((each) => ({ server: each.uint(), request: each.uint(), retries: each.uint() }));
  const layoutCommit = from.uint();
  const flushes = from.list((each) => ({ call: each.uint(), mark: each.uint() }));
  const mark = from.uint();
  const failures = from.uint();
  const truncation = from.flag() ? { call: from.uint(), from: from.uint(), request: from.uint() } : undefined;
  const lease = from.uint();
  const resting = from.flag();
  const request = from.uint();
  const writing = new Array<number>(from.uint()).fill(0);
  const unstable = writing.slice();
  const waiting = new Map<number, number>();
  for (const page of pages.values()) {
    if (isUnstable(page.status)) unstable[page.server]!++;
    if (page.request !== 0) writing[page.server]!++;
    if (page.wantedSince !== 0) waiting.set(page.wantedSince, (waiting.get(page.wantedSince) ?? 0) + 1);
  }
  return {
    pages,
    ready,
    readyFrom: 0,
    layout,
    commits,
    layoutCommit,
    flushes,
    mark,
    failures,
    truncation,
    lease,
    resting,
    request,
    writing,
    unstable,
    waiting,
  };
}

function decodePage(from: Decoder): Page {
  return {
    status: pageStatuses[from.uint()] as PageStatus,
    content: from.uint(),
    sent: from.uint(),
    server: from.int(),
    verifier: from.uint(),
    request: from.uint(),
    goal: goals[from.uint()] as PageGoal,
    locked: from.flag(),
    unsettled: from.int(),
    sentAt: from.uint(),
    wantedSince: from.uint(),
    wantedBy: from.uint(),
    isReady: false,
  };
}
