import { lostServerMs, lostServerMsMax } from '../limits.ts';
import type { DataServerPort } from '../servers/data-server.ts';
import type { MetadataServerPort } from '../servers/metadata-server.ts';

/** What a cache knows of its servers: 0 is the metadata server, data servers are numbered from 1. */
export class ServerLinks {
  readonly client: string;
  readonly metadata: MetadataServerPort;
  readonly dataServers: readonly DataServerPort[];
  /** The client's lease; 0 before the first. */
  lease = 0;
  /** The cache is closed: nobody tries again. */
  closed = false;
  readonly #patienceMs: number[];
  readonly #seen: { verifier: string; number: number }[];
  /** Cumulative, for the statistics. */
  readonly counts = { calls: 0, lost: 0 };

  constructor(client: string, metadata: MetadataServerPort, dataServers: readonly DataServerPort[]) {
    this.client = client;
    this.metadata = metadata;
    this.dataServers = dataServers;
    this.#patienceMs = new Array<number>(dataServers.length + 1).fill(lostServerMs);
    this.#seen = this.#patienceMs.map(() => ({ verifier: '', number: 0 }));
  }

  dataServer(number: number): DataServerPort {
    const port = this.dataServers[number - 1];
    if (port === undefined) throw new RangeError(`There is no data server ${number}.`);
    return port;
  }

  /** A number for a verifier: equal for as long as a server says the same, another one after that. */
  verifierNumber(server: number, verifier: string): number {
    const seen = this.#seen[server]!;
    if (seen.verifier !== verifier) {
      seen.verifier = verifier;
      seen.number++;
    }
    return seen.number;
  }

  answered(server: number): void {
    this.#patienceMs[server] = lostServerMs;
  }

  /** How long to leave a server alone that did not answer. */
  lost(server: number): number {
    this.counts.lost++;
    const ms = this.#patienceMs[server]!;
    this.#patienceMs[server] = Math.min(ms * 2, lostServerMsMax);
    return ms;
  }
}
