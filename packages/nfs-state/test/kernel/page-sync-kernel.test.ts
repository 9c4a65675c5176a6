import { Decoder, EffectBuffer, Encoder } from '@holdfast/kernel';
import {
  type FlushResult,
  type PageAnswer,
  type PageNotice,
  type PageRequest,
  type PageSyncEnv,
  type PageSyncEvent,
  pageSyncKernel,
  pageSyncRules,
} from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';

const env: PageSyncEnv = {
  dataServers: 2,
  stripes: { pages: 1, servers: [1, 2] },
  commitsThroughMetadataServer: false,
  layoutErrorsMax: 3,
  commitRetriesMax: 2,
  writesMax: 64,
  commitPages: 64,
  suspendMs: 100,
  restMs: 10,
  rules: pageSyncRules,
};

/** One file on a client, and what its kernel wants done. */
class Client {
  readonly #env: PageSyncEnv;
  readonly state;

  constructor(settings: Partial<PageSyncEnv> = {}) {
    this.#env = { ...env, ...settings };
    this.state = pageSyncKernel.initial(this.#env);
  }

  /** The effects as `server: REQUEST`, `clean 3`, `answer 1 (failures)`. */
  step(event: PageSyncEvent): string[] {
    const out = new EffectBuffer<PageRequest, FlushResult, PageNotice>();
    pageSyncKernel.step(this.state, event, this.#env, out);
    const said: string[] = [];
    for (let at = 0; at < out.length; at++) {
      const { kind, target, message, result, upward } = out.at(at);
      if (kind === 'send') said.push(`${target}: ${message?.type}`);
      else if (kind === 'reply') said.push(`answer ${target} (${result?.failures})`);
      else if (kind === 'deliver') said.push(`${upward?.type} ${upward?.page}`);
    }
    return said;
  }

  answer(from: number, answer: PageAnswer): string[] {
    return this.step({ type: 'answer', from, answer });
  }

  written(page: number, how: 'UNSTABLE' | 'DATA_SYNC' | 'FILE_SYNC', verifier = 1): string[] {
    const { server, request } = this.state.pages.get(page)!;
    return this.answer(server, { type: 'WRITTEN', request, page, how, verifier });
  }

  committed(server: number, verifier = 1): string[] {
    const { request } = this.state.commits.find((each) => each.server === server)!;
    return this.answer(server, { type: 'COMMITTED', request, verifier });
  }
}

const write = (page: number, content: number, locked = false): PageSyncEvent => ({
  type: 'write',
  page,
  content,
  locked,
});
const fsync = (call: number): PageSyncEvent => ({ type: 'flush', call });

/** A client that holds a layout and has written pages 0 to `pages` - 1. */
function writing(pages: number, settings: Partial<PageSyncEnv> = {}): Client {
  const client = new Client(settings);
  for (let page = 0; page < pages; page++) client.step(write(page, page + 1));
  client.step(fsync(1));
  client.answer(0, { type: 'LAYOUT', request: client.state.layout.request, generation: 1 });
  return client;
}

describe('a page through data servers', () => {
  it('is clean after WRITE, COMMIT and LAYOUTCOMMIT, and only then fsync is answered', () => {
    const client = new Client();
    expect(client.step(write(1, 7))).toEqual([]);
    expect(client.step(fsync(1))).toEqual(['0: LAYOUTGET']);
    expect(client.answer(0, { type: 'LAYOUT', request: 1, generation: 1 })).toEqual(['2: WRITE']);
    expect(client.written(1, 'UNSTABLE')).toEqual(['2: COMMIT']);
    expect(client.committed(2)).toEqual(['0: LAYOUTCOMMIT']);
    expect(client.answer(0, { type: 'LAYOUT_COMMITTED', request: client.state.layoutCommit })).toEqual([
      'clean 1',
      'answer 1 (0)',
    ]);
    expect(client.state.pages.size).toBe(0);
  });

  it('needs no COMMIT after DATA_SYNC, and nothing at all after FILE_SYNC', () => {
    expect(writing(1).written(0, 'DATA_SYNC')).toEqual(['0: LAYOUTCOMMIT']);
    expect(writing(1).written(0, 'FILE_SYNC')).toEqual(['clean 0', 'answer 1 (0)']);
  });

  it('is written again when the verifier of COMMIT says that the server lost it', () => {
    const client = writing(1);
    client.written(0, 'UNSTABLE', 1);
    expect(client.committed(1, 2)).toEqual(['1: WRITE']);
  });

  it('takes all pages of that server along', () => {
    const client = writing(5);
    for (const page of [0, 2, 4]) client.written(page, 'UNSTABLE', 1);
    expect(client.committed(1, 2)).toEqual(['1: WRITE', '1: WRITE', '1: WRITE']);
  });
});

describe('trouble', () => {
  it('sends pages to the metadata server once the layout of a failed data server is given back', () => {
    const client = writing(1);
    client.step({ type: 'server-lost', server: 1 });
    expect(client.state.layout.status).toBe('returning');
    expect(client.state.pages.get(0)).toMatchObject({ status: 'CLIENT_DIRTY', unsettled: 1 });
    const { request } = client.state.layout;
    expect(client.answer(0, { type: 'LAYOUT_RETURNED', request })).toEqual(['0: LAYOUTGET']);
  });

  it('asks for no more layouts after too many failures', () => {
    const client = writing(1, { layoutErrorsMax: 1 });
    const { request } = client.state.pages.get(0)!;
    const said = client.answer(1, { type: 'WRITE_FAILED', request, page: 0, why: 'fenced' });
    expect(said).toEqual(['0: WRITE', '0: LAYOUTRETURN']);
    expect(client.state.layout.failed).toBe(true);
  });

  it('reports a page without room once, with the next fsync', () => {
    const client = writing(1);
    const { request } = client.state.pages.get(0)!;
    const said = client.answer(1, { type: 'WRITE_FAILED', request, page: 0, why: 'permanent' });
    expect(said).toEqual(['failed 0', 'answer 1 (1)']);
    expect(client.step(fsync(2))).toEqual(['answer 2 (0)']);
  });

  it('gives up what was written under a lock when the lease is lost, and writes the rest anew', () => {
    const client = new Client({ dataServers: 0 });
    client.step(write(0, 1, true));
    client.step(write(1, 2));
    client.step(fsync(1));
    expect(client.step({ type: 'lease-lost', lease: 1 })).toEqual(['failed 0', '0: WRITE']);
  });
});

describe('fsync', () => {
  it('is answered with the content of its time, however often the application goes on writing', () => {
    const client = new Client({ dataServers: 0 });
    client.step(write(0, 1));
    client.step(fsync(1));
    client.step(write(0, 2));
    expect(client.written(0, 'FILE_SYNC')).toEqual(['overtaken 0', 'answer 1 (0)']);
    expect(client.state.pages.get(0)).toMatchObject({ status: 'CLIENT_DIRTY', content: 2 });
  });

  it('keeps no more writes outstanding than allowed, and sends the rest as they are answered', () => {
    const client = writing(10, { writesMax: 4 });
    expect(client.state.writing).toEqual([0, 2, 2]);
    expect(client.written(0, 'UNSTABLE')).toEqual(['1: WRITE']);
  });
});

it('reports a page that failed even if it was cut off since', () => {
  const client = writing(2);
  const { request } = client.state.pages.get(1)!;
  client.answer(2, { type: 'WRITE_FAILED', request, page: 1, why: 'permanent' });
  client.step({ type: 'truncate', call: 9, from: 1 });
  expect(client.written(0, 'FILE_SYNC')).toEqual(['clean 0', 'answer 1 (1)']);
});

it('cuts off only when nothing can write behind the end any more', () => {
  const client = writing(2);
  expect(client.step({ type: 'truncate', call: 9, from: 1 })).toEqual([]);
  expect(client.written(1, 'UNSTABLE')).toEqual(['0: SETATTR']);
  const { request } = client.state.truncation!;
  expect(client.answer(0, { type: 'ATTRIBUTES_SET', request })).toEqual(['answer 9 (0)']);
});

it('comes back from its encoding as it was', () => {
  const client = writing(9, { writesMax: 3 });
  client.written(0, 'UNSTABLE');
  client.step(fsync(2));
  client.step({ type: 'truncate', call: 9, from: 7 });
  const into = new Encoder();
  pageSyncKernel.encode(client.state, into);
  const bytes = into.view().slice();
  const back = pageSyncKernel.decode(new Decoder(bytes));
  expect(back).toEqual({ ...client.state, ready: client.state.ready.slice(client.state.readyFrom), readyFrom: 0 });
  into.reset();
  pageSyncKernel.encode(back, into);
  expect(into.view()).toEqual(bytes);
});

it('looks at a page that may go out once, however many wait for a layout before it', () => {
  const pages = 1000;
  let looks = 0;
  const maySwitch: PageSyncEnv['rules']['maySwitch'] = (page, server) => {
    looks++;
    return pageSyncRules.maySwitch(page, server);
  };
  const client = new Client({ rules: { ...pageSyncRules, maySwitch } });
  for (let page = 0; page < pages; page++) {
    client.step({ type: 'write', page, content: page + 1, locked: false });
    client.step({ type: 'write-back', page });
  }
  expect(looks).toBe(pages);
});
