import type { Decoder, Encoder } from '@holdfast/kernel';
import { type Monitor, monitor } from '@holdfast/simulation';
import type { FlushResult, PageNotice, PageRequest, PageSyncEvent } from '../kernel/page-sync-types.ts';
import { clientNode } from './page-sync-scenario.ts';

/** What the application was told of one page. Contents are numbers that grow with every write. */
interface PageGhost {
  /** Written last, 0 for nothing; what a truncation cut off does not count. */
  current: number;
  /** A flush or `clean` promised this content or a later one. */
  promised: number;
  /** The kernel said that the present content may be forgotten. */
  clean: boolean;
  /** The present content was given up. */
  failed: boolean;
  /** A truncation of this page was answered, and nothing was written since. */
  cut: boolean;
  /** The last content that was written under a lock lost since. */
  banned: number;
  locked: boolean;
}

interface PendingFlush {
  readonly call: number;
  readonly contents: readonly number[];
}

export interface PageSyncGhost {
  readonly pages: PageGhost[];
  flushes: PendingFlush[];
  truncatesAt: number;
  /** Pages given up that no flush has reported. */
  unreported: number;
  /** The newest layout granted, and the newest that was asked back. */
  granted: number;
  recalled: number;
  /** The verifier of the last COMMIT that each server answered; 0 before. */
  readonly committed: number[];
  /** What just happened may cost a page. */
  mayFail: boolean;
  broken: number;
}

const promises = [
  'a page was written that was written under a lock lost since',
  'a page was given up that no flush reported',
  'a flush reported more failures than there were',
  'a page was given up although it could have been written',
] as const;

const noPage = (): PageGhost => ({
  current: 0,
  promised: 0,
  clean: false,
  failed: false,
  cut: false,
  banned: 0,
  locked: false,
});

function see(state: PageSyncGhost, event: PageSyncEvent): void {
  const { pages } = state;
  switch (event.type) {
    case 'write': {
      const page = pages[event.page]!;
      page.current = event.content;
      page.locked = event.locked;
      page.clean = false;
      page.failed = false;
      page.cut = false;
      break;
    }
    case 'flush':
      state.flushes.push({ call: event.call, contents: pages.map(({ current }) => current) });
      break;
    case 'truncate':
      state.truncatesAt = event.from;
      state.flushes = state.flushes.map(({ call, contents }) => ({
        call,
        contents: contents.map((content, number) => (number < event.from ? content : 0)),
      }));
      for (const [number, page] of pages.entries()) {
        if (number < event.from) continue;
        const { banned } = page;
        pages[number] = { ...noPage(), banned };
      }
      break;
    case 'lease-lost':
      for (const page of pages) if (page.locked && !page.clean) page.banned = page.current;
      break;
    case 'recall':
      state.recalled = state.granted;
      break;
    case 'answer':
      if (event.answer.type === 'LAYOUT') state.granted = event.answer.generation;
      else if (event.answer.type === 'COMMITTED') state.committed[event.from] = event.answer.verifier;
      break;
    default:
      break;
  }
}

/** The content of a page was given up: no flush promises it. */
function expectNothing(state: PageSyncGhost, at: number): void {
  state.pages[at]!.current = 0;
  state.flushes = state.flushes.map(({ call, contents }) => ({ call, contents: contents.with(at, 0) }));
}

/** What cannot be helped: no room, a refusal for good, a lock that was lost. */
function costsPages(event: PageSyncEvent): boolean {
  if (event.type === 'lease-lost') return true;
  if (event.type !== 'answer') return false;
  const { answer } = event;
  if (answer.type === 'WRITE_FAILED') return answer.why === 'permanent';
  return answer.type === 'LAYOUT_REFUSED' && answer.why === 'no-space';
}

function answered(state: PageSyncGhost, call: number, { failures }: FlushResult): void {
  const { pages } = state;
  const flush = state.flushes.find((each) => each.call === call);
  if (flush === undefined) {
    for (const [number, page] of pages.entries()) if (number >= state.truncatesAt) page.cut = page.current === 0;
    return;
  }
  state.flushes = state.flushes.filter((each) => each !== flush);
  if (failures < state.unreported) state.broken = 2;
  if (failures > state.unreported) state.broken = 3;
  state.unreported = 0;
  for (const [number, page] of pages.entries()) {
    const content = flush.contents[number]!;
    page.promised = Math.max(page.promised, content);
  }
}

/** What the client's kernel was told and what it promised. */
export function pageSyncMonitor(pages: number, servers: number): Monitor {
  return monitor<PageSyncGhost>({
    name: 'promises of page sync',
    watches: ['event', 'reply', 'deliver', 'send'],
    initial: () => ({
      pages: Array.from({ length: pages }, noPage),
      flushes: [],
      truncatesAt: pages,
      unreported: 0,
      granted: 0,
      recalled: 0,
      committed: new Array<number>(servers).fill(0),
      mayFail: false,
      broken: 0,
    }),
    observe(state, { kind, node, number, value }) {
      if (node !== clientNode) return;
      if (kind === 'event') {
        state.mayFail = costsPages(value as PageSyncEvent);
        see(state, value as PageSyncEvent);
      } else if (kind === 'reply') {
        answered(state, number, value as FlushResult);
      } else if (kind === 'deliver') {
        const { type, page: at } = value as PageNotice;
        const page = state.pages[at]!;
        if (type === 'overtaken') return;
        if (type === 'clean') {
          page.clean = true;
          page.promised = Math.max(page.promised, page.current);
        } else {
          page.failed = true;
          state.unreported++;
          expectNothing(state, at);
          if (!state.mayFail) state.broken = 4;
        }
      } else {
        const request = value as PageRequest;
        if (request.type === 'WRITE' && request.content === state.pages[request.page]!.banned) state.broken = 1;
      }
    },
    encode,
    decode,
    violation: ({ broken }) => (broken === 0 ? undefined : promises[broken - 1]),
  });
}

function encode(state: PageSyncGhost, into: Encoder): void {
  into.list(state.pages, (page, to) => {
    to.uint(page.current);
    to.uint(page.promised);
    to.flag(page.clean);
    to.flag(page.failed);
    to.flag(page.cut);
    to.uint(page.banned);
    to.flag(page.locked);
  });
  into.list(state.flushes, ({ call, contents }, to) => {
    to.uint(call);
    to.list(contents, (content, deeper) => deeper.uint(content));
  });
  into.uint(state.truncatesAt);
  into.uint(state.unreported);
  into.uint(state.granted);
  into.uint(state.recalled);
  into.list(state.committed, (verifier, to) => to.uint(verifier));
  into.flag(state.mayFail);
  into.uint(state.broken);
}

function decode(from: Decoder): PageSyncGhost {
  return {
    pages: from.list((each) => ({
      current: each.uint(),
      promised: each.uint(),
      clean: each.flag(),
      failed: each.flag(),
      cut: each.flag(),
      banned: each.uint(),
      locked: each.flag(),
    })),
    flushes: from.list((each) => ({ call: each.uint(), contents: each.list((deeper) => deeper.uint()) })),
    truncatesAt: from.uint(),
    unreported: from.uint(),
    granted: from.uint(),
    recalled: from.uint(),
    committed: from.list((each) => each.uint()),
    mayFail: from.flag(),
    broken: from.uint(),
  };
}
