import { fenceRetryMs, grantsPerPageMax } from '../limits.ts';
import type { DataServerPort } from './data-server.ts';
import type { GrantsPage, LayoutGrant } from './messages.ts';

/** A data server as the metadata server knows it. */
export interface KnownDataServer {
  /** The node it runs on. */
  readonly node: string;
  readonly port: Pick<DataServerPort, 'grant' | 'fence' | 'grants'>;
}

/** Errors that say that the instance asked is gone, and with it all that it was about to do. */
const gone = new Set(['HF_NODE_DOWN', 'HF_UNKNOWN_SERVICE', 'HF_CLOSED']);

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && gone.has(String((error as { code: unknown }).code));

/** Opens and shuts data servers for layouts. They are numbered from 1, in the order given. */
export class LayoutFences {
  readonly #servers: readonly KnownDataServer[];
  /** The data servers that may know of a layout. */
  readonly #using = new Map<number, readonly number[]>();

  constructor(servers: readonly KnownDataServer[]) {
    this.#servers = servers;
  }

  /** The number of the data server on a node, if it is one of `among`. */
  at(node: string, among: readonly number[]): number | undefined {
    const number = this.#servers.findIndex((each) => each.node === node) + 1;
    return among.includes(number) ? number : undefined;
  }

  /** The data servers that take writes under the layout from now on. */
  async grant(grant: LayoutGrant): Promise<readonly number[]> {
    const all = this.#servers.map((_, place) => place + 1);
    this.#using.set(grant.layout, all);
    const answers = await Promise.allSettled(this.#servers.map(({ port }) => port.grant(grant)));
    const isUsed = (number: number): boolean => {
      const answer = answers[number - 1]!;
      // One that did not answer may still hear of it.
      return answer.status === 'fulfilled' ? answer.value : !isGone(answer.reason);
    };
    this.#using.set(grant.layout, all.filter(isUsed));
    return all.filter((number) => {
      const answer = answers[number - 1]!;
      return answer.status === 'fulfilled' && answer.value;
    });
  }

  /** Resolves when none of them carries out anything of the layout any more: each said so, or is gone. */
  async fence(layout: LayoutGrant): Promise<void> {
    // Whoever granted it before may have told all of them.
    const using = this.#using.get(layout.layout) ?? this.#servers.map((_, place) => place + 1);
    await Promise.all(using.map((number) => untilDone(() => this.#servers[number - 1]!.port.fence(layout))));
    this.#using.delete(layout.layout);
  }

  /** Fence what data servers know that nobody holds any more, for a server that begins. `layout`: above all before. */
  async fenceOthers(isHeld: (client: string, file: string) => boolean, layout: number): Promise<void> {
    const sweep = async (port: KnownDataServer['port']): Promise<void> => {
      const known: GrantsPage = [];
      for (let full = true; full; ) {
        const page = await port.grants(known.length);
        known.push(...page);
        full = page.length === grantsPerPageMax;
      }
      const others = known.filter(({ client, file }) => !isHeld(client, file));
      await Promise.all(others.map((each) => port.fence({ ...each, layout })));
    };
    await Promise.all(this.#servers.map(({ port }) => untilDone(() => sweep(port))));
  }
}

/** There is no way round a server that does not answer and is not gone: it may still write. */
async function untilDone(fence: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await fence();
      return;
    } catch (error) {
      if (isGone(error)) return;
      await new Promise((resolve) => setTimeout(resolve, fenceRetryMs));
    }
  }
}
