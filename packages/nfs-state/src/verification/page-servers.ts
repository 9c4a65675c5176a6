import { type CellTable, type Decoder, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import {
  type LayoutRefusal,
  metadataServer,
  type PageAnswer,
  type PageRequest,
  type ServerNumber,
  type Stability,
  type WriteFailure,
} from '../kernel/page-sync-types.ts';

/**
 * The metadata server and the data servers of one file, in front of one store: what a WRITE leaves unstable may be lost
 * when the server that took it starts again, as a raid object's writes of toughness 1 may be.
 */

export interface StoredPage {
  /** What survives everything, 0 for nothing. */
  stable: number;
  /** What was written last and is not stable, 0 for nothing, and by which server. */
  unstable: number;
  by: ServerNumber;
}

export interface PageServersState {
  readonly pages: StoredPage[];
  /** Pages of the file as the metadata server tells others. */
  size: number;
  /** Each server's write verifier. */
  readonly verifiers: number[];
  /** The layout that may be written under, 0 for none, and the last one granted. */
  layout: number;
  generation: number;
  lease: number;
  /** What the next requests of a kind are refused with: places in the list of the environment. */
  refusals: number[];
}

export type Refusal =
  | { readonly type: 'write'; readonly server: ServerNumber; readonly why: WriteFailure }
  | { readonly type: 'commit'; readonly server: ServerNumber; readonly again: boolean }
  | { readonly type: 'layout'; readonly why: LayoutRefusal }
  | { readonly type: 'layout-commit'; readonly again: boolean };

export type PageServersEvent =
  | { readonly type: 'request'; readonly server: ServerNumber; readonly request: PageRequest }
  | { readonly type: 'restart'; readonly server: ServerNumber }
  | { readonly type: 'refuse'; readonly refusal: number }
  /** The client's lease runs out: its layouts and locks are gone, and it hears of it. */
  | { readonly type: 'expire' }
  | { readonly type: 'recall' };

export interface PageServersEnv {
  readonly pages: number;
  readonly servers: number;
  /** How stable WRITEs are, at the metadata server and at data servers. */
  readonly how: readonly [Stability, Stability];
  readonly commitsThroughMetadataServer: boolean;
  readonly refusals: readonly Refusal[];
}

/** What the servers say without being asked. */
export type ServerWord = { readonly type: 'recall' } | { readonly type: 'lease-lost'; readonly lease: number };

const table: CellTable = {
  any: { request: handled, restart: handled, refuse: handled, expire: handled, recall: handled },
};

export const pageServers: Kernel<
  PageServersState,
  PageServersEvent,
  PageServersEnv,
  PageAnswer | ServerWord,
  never,
  never
> = {
  name: 'page-servers',
  table,
  initial: ({ pages, servers }) => ({
    pages: Array.from({ length: pages }, () => ({ stable: 0, unstable: 0, by: 0 })),
    size: 0,
    verifiers: new Array<number>(servers).fill(1),
    layout: 0,
    generation: 0,
    lease: 0,
    refusals: [],
  }),
  row: () => 'any',
  column: ({ type }) => type,
  step(state, event, env, out) {
    switch (event.type) {
      case 'request':
        out.send(event.server, answer(state, event.server, event.request, env));
        break;
      case 'restart':
        state.verifiers[event.server]!++;
        for (const page of state.pages) if (page.by === event.server) page.unstable = 0;
        break;
      case 'refuse':
        state.refusals.push(event.refusal);
        break;
      case 'expire':
        state.layout = 0;
        state.lease++;
        out.send(metadataServer, { type: 'lease-lost', lease: state.lease });
        break;
      case 'recall':
        out.send(metadataServer, { type: 'recall' });
        break;
    }
  },
  encode,
  decode,
};

/** A refusal that was asked for and fits, used up. */
function refusal<Type extends Refusal['type']>(
  state: PageServersState,
  type: Type,
  server: ServerNumber,
  env: PageServersEnv,
): Extract<Refusal, { type: Type }> | undefined {
  const at = state.refusals.findIndex((place) => {
    const each = env.refusals[place]!;
    return each.type === type && (!('server' in each) || each.server === server);
  });
  if (at === -1) return undefined;
  return env.refusals[state.refusals.splice(at, 1)[0]!] as Extract<Refusal, { type: Type }>;
}

function answer(state: PageServersState, server: ServerNumber, asked: PageRequest, env: PageServersEnv): PageAnswer {
  const { request } = asked;
  switch (asked.type) {
    case 'WRITE':
      return write(state, server, asked, env);
    case 'COMMIT': {
      const refused = refusal(state, 'commit', server, env);
      if (refused !== undefined) return { type: 'COMMIT_FAILED', request, again: refused.again };
      const covers = (by: ServerNumber): boolean =>
        by === server || (server === metadataServer && env.commitsThroughMetadataServer);
      for (const [number, page] of state.pages.entries()) {
        if (page.unstable === 0 || !covers(page.by)) continue;
        page.stable = page.unstable;
        page.unstable = 0;
        if (server === metadataServer) state.size = Math.max(state.size, number + 1);
      }
      return { type: 'COMMITTED', request, verifier: verifierOf(state, server, env) };
    }
    case 'LAYOUTGET': {
      const refused = refusal(state, 'layout', server, env);
      if (refused !== undefined) return { type: 'LAYOUT_REFUSED', request, why: refused.why };
      state.generation++;
      state.layout = state.generation;
      return { type: 'LAYOUT', request, generation: state.generation };
    }
    case 'LAYOUTCOMMIT': {
      const refused = refusal(state, 'layout-commit', server, env);
      const isKnown = asked.lease === state.lease;
      if (refused !== undefined || !isKnown)
        return { type: 'LAYOUT_COMMIT_FAILED', request, again: isKnown && refused?.again === true };
      state.size = Math.max(state.size, asked.end);
      return { type: 'LAYOUT_COMMITTED', request };
    }
    case 'LAYOUTRETURN':
      if (state.layout === asked.layout) state.layout = 0;
      return { type: 'LAYOUT_RETURNED', request };
    case 'SETATTR':
      state.size = asked.pages;
      for (const page of state.pages.slice(asked.pages)) {
        page.stable = 0;
        page.unstable = 0;
      }
      return { type: 'ATTRIBUTES_SET', request };
  }
}

function write(
  state: PageServersState,
  server: ServerNumber,
  { request, page: number, content, layout, lease }: Extract<PageRequest, { type: 'WRITE' }>,
  env: PageServersEnv,
): PageAnswer {
  const isFenced = lease !== state.lease || (server !== metadataServer && layout !== state.layout);
  const refused = isFenced ? undefined : refusal(state, 'write', server, env);
  if (isFenced || refused !== undefined) {
    return { type: 'WRITE_FAILED', request, page: number, why: refused?.why ?? 'fenced' };
  }
  const how = env.how[server === metadataServer ? 0 : 1];
  const page = state.pages[number]!;
  page.by = server;
  page.unstable = how === 'UNSTABLE' ? content : 0;
  if (how !== 'UNSTABLE') page.stable = content;
  if (how === 'FILE_SYNC' || server === metadataServer) state.size = Math.max(state.size, number + 1);
  return { type: 'WRITTEN', request, page: number, how, verifier: verifierOf(state, server, env) };
}

/** Servers whose writes the metadata server commits share one verifier with it, which changes when any starts again. */
function verifierOf({ verifiers }: PageServersState, server: ServerNumber, env: PageServersEnv): number {
  return env.commitsThroughMetadataServer ? verifiers.reduce((sum, each) => sum + each, 0) : verifiers[server]!;
}

function encode(state: PageServersState, into: Encoder): void {
  into.list(state.pages, ({ stable, unstable, by }, to) => {
    to.uint(stable);
    to.uint(unstable);
    to.uint(by);
  });
  into.uint(state.size);
  into.list(state.verifiers, (verifier, to) => to.uint(verifier));
  into.uint(state.layout);
  into.uint(state.generation);
  into.uint(state.lease);
  into.list(state.refusals, (each, to) => to.uint(each));
}

function decode(from: Decoder): PageServersState {
  return {
    pages: from.list((each) => ({ stable: each.uint(), unstable: each.uint(), by: each.uint() })),
    size: from.uint(),
    verifiers: from.list((each) => each.uint()),
    layout: from.uint(),
    generation: from.uint(),
    lease: from.uint(),
    refusals: from.list((each) => each.uint()),
  };
}
