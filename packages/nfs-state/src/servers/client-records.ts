import type { FileId } from '../file-port.ts';
import type { Client, Layout, Locks, NfsState, Open } from '../kernel/state-types.ts';

/** Clients of page servers among the other clients of the heads. */
export const principal = 'page-cache';

/** What the state of the heads says of the clients of page servers, by the names they call themselves. */
export class ClientRecords {
  readonly #now: () => NfsState;

  constructor(now: () => NfsState) {
    this.#now = now;
  }

  clients(): Client[] {
    return [...this.#state.clients.values()].filter((each) => each.principal === principal);
  }

  clientOf(name: string): Client | undefined {
    const id = this.#state.names.get(name);
    const found = id === undefined ? undefined : this.#state.clients.get(id);
    return found?.principal === principal ? found : undefined;
  }

  openOf(name: string, file: FileId): Open | undefined {
    const client = this.clientOf(name)?.id;
    for (const key of this.#state.files.get(file)?.opens ?? []) {
      const open = this.#state.opens.get(key)!;
      if (open.client === client && open.owner === name) return open;
    }
    return undefined;
  }

  locksOf(name: string, owner: string, file: FileId): Locks | undefined {
    const client = this.clientOf(name)?.id;
    for (const key of this.#state.files.get(file)?.locks ?? []) {
      const locks = this.#state.locks.get(key)!;
      if (locks.client === client && locks.owner === owner) return locks;
    }
    return undefined;
  }

  layoutsOfClient(name: string): Layout[] {
    const client = this.clientOf(name);
    if (client === undefined) return [];
    return [...this.#state.holdings.get(client.id)!.layouts].map((key) => this.#state.layouts.get(key)!);
  }

  layoutsOfFile(file: FileId): Layout[] {
    return [...(this.#state.files.get(file)?.layouts ?? [])].map((key) => this.#state.layouts.get(key)!);
  }

  layoutOf(name: string, file: FileId): Layout | undefined {
    const client = this.clientOf(name)?.id;
    return this.layoutsOfFile(file).find((each) => each.client === client);
  }

  get #state(): NfsState {
    return this.#now();
  }
}
