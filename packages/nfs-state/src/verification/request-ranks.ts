import type { Renumbering } from '@holdfast/simulation';
import type { PageAnswer, PageRequest, PageSyncState } from '../kernel/page-sync-types.ts';
import { clientNode } from './page-sync-scenario.ts';

/** Requests are compared for equality only, and the next is one above the last: their ranks tell as much. */
export const requestRanks: Renumbering = {
  numbers(value, place) {
    if (place.kind === 'message') {
      const { request } = value as Partial<PageRequest | PageAnswer>;
      return request === undefined ? [] : [request];
    }
    if (place.kind !== 'state' || place.node !== clientNode) return [];
    const { pages, layout, commits, layoutCommit, truncation, request } = value as PageSyncState;
    return [
      ...[...pages.values()].map((page) => page.request),
      layout.request,
      ...commits.map((commit) => commit.request),
      layoutCommit,
      truncation?.request ?? 0,
      request,
    ];
  },
  renumbered(value, place, image) {
    if (place.kind === 'message') {
      const message = value as Partial<PageRequest | PageAnswer>;
      return message.request === undefined ? message : { ...message, request: image(message.request) };
    }
    if (place.kind !== 'state' || place.node !== clientNode) return value;
    const state = value as PageSyncState;
    const { pages, layout, commits, truncation } = state;
    return {
      ...state,
      pages: new Map([...pages].map(([number, page]) => [number, { ...page, request: image(page.request) }])),
      layout: { ...layout, request: image(layout.request) },
      commits: commits.map((commit) => ({ ...commit, request: image(commit.request) })),
      layoutCommit: image(state.layoutCommit),
      truncation: truncation === undefined ? undefined : { ...truncation, request: image(truncation.request) },
      request: image(state.request),
    };
  },
};
