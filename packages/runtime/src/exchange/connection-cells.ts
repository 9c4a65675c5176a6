import type { ClientNeed, InboxCell, OpenPhase, PortGrant, StatusPage } from '../kernel/connection-types.ts';
import { connectionClientsMax } from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import { type ClusterBlock, inboxWords, statusWords } from '../memory/cluster-block.ts';
import { readGroup, writeGroup } from '../memory/seqlock.ts';
import { readInteger } from './session-header.ts';

const phases: readonly OpenPhase[] = ['hello', 'initiated', 'agreed', 'told', 'created', 'ready', 'closing'];
const twoTo32 = 2 ** 32;
const statusLength = 7;
const cellLength = 10;
const needLength = 3;
const grantLength = 4;
const cellWordsMax = cellLength + connectionClientsMax * (needLength + grantLength);
if (statusLength > statusWords || cellWordsMax > inboxWords) throw new RangeError('the cluster block is too small');

/**
 * The one-sided operations of the connection open on one pair's pages and cells in the cluster block. A read or write
 * across a cut fails, as it would over a network.
 */
export class ConnectionCells {
  readonly #block: ClusterBlock;
  readonly #self: MemberSlot;
  readonly #peer: MemberSlot;
  readonly #page = new Int32Array(statusLength);
  readonly #cell = new Int32Array(cellWordsMax);
  #heardCount = 0;

  constructor(block: ClusterBlock, self: MemberSlot, peer: MemberSlot) {
    this.#block = block;
    this.#self = self;
    this.#peer = peer;
  }

  /** Replace this member's page for the peer. */
  publish(page: StatusPage): void {
    const { words } = this.#block.arena;
    writeGroup(words, this.#block.statusPage(this.#self, this.#peer), this.#block.tag, [
      ...integer(page.endpoint),
      page.versionMin,
      page.versionMax,
      phases.indexOf(page.phase),
      ...integer(page.seen),
    ]);
  }

  /** The peer's page, or undefined when the read failed. */
  readPage(): StatusPage | undefined {
    const at = this.#block.statusPage(this.#peer, this.#self);
    const page = this.#page;
    if (this.#cut || !readGroup(this.#block.arena.words, at, this.#block.tag, page)) return undefined;
    const phase = phases[page[4] as number];
    if (phase === undefined) return undefined;
    return {
      endpoint: readInteger(page, 0),
      versionMin: page[2] as number,
      versionMax: page[3] as number,
      phase,
      seen: readInteger(page, 5),
    };
  }

  /** Replace this member's cell in the peer's inbox; false when the write failed. */
  writeCell(cell: InboxCell): boolean {
    if (this.#cut) return false;
    const values = [
      ...integer(cell.from),
      ...integer(cell.to),
      phases.indexOf(cell.phase),
      cell.versionMin,
      cell.versionMax,
      cell.links.reduce((bits, link) => bits | (1 << link), 0),
      cell.needs.length,
      cell.grants.length,
    ];
    for (const need of cell.needs) values.push(need.client, need.ports, need.bytesPerPort);
    for (const grant of cell.grants) values.push(grant.client, grant.ports, grant.bytesPerPort, grant.handle);
    if (values.length > cellWordsMax) throw new RangeError(`more than ${connectionClientsMax} connection clients`);
    const at = this.#block.inboxCell(this.#self, this.#peer);
    writeGroup(this.#block.arena.words, at, this.#block.tag, values);
    return true;
  }

  /** What the peer wrote for this member since the last look, or undefined when that is nothing. */
  news(): InboxCell | undefined {
    const at = this.#block.inboxCell(this.#peer, this.#self);
    const { words } = this.#block.arena;
    const count = Atomics.load(words, at);
    if (count === this.#heardCount || this.#cut) return undefined;
    if (!readGroup(words, at, this.#block.tag, this.#cell)) return undefined;
    this.#heardCount = count;
    return this.#decode();
  }

  get #cut(): boolean {
    return this.#block.isCut(this.#self, this.#peer) || this.#block.isCut(this.#peer, this.#self);
  }

  #decode(): InboxCell | undefined {
    const cell = this.#cell;
    const phase = phases[cell[4] as number];
    const needCount = cell[8] as number;
    const grantCount = cell[9] as number;
    if (phase === undefined || needCount > connectionClientsMax || grantCount > connectionClientsMax) return undefined;
    const needs: ClientNeed[] = [];
    let at = cellLength;
    for (let index = 0; index < needCount; index++, at += needLength) {
      const [client = 0, ports = 0, bytesPerPort = 0] = cell.subarray(at);
      needs.push({ client, ports, bytesPerPort });
    }
    const grants: PortGrant[] = [];
    for (let index = 0; index < grantCount; index++, at += grantLength) {
      const [client = 0, ports = 0, bytesPerPort = 0, handle = 0] = cell.subarray(at);
      grants.push({ client, ports, bytesPerPort, handle });
    }
    const linkBits = cell[7] as number;
    const links = Array.from({ length: 32 }, (_, link) => link).filter((link) => (linkBits & (1 << link)) !== 0);
    return {
      from: readInteger(cell, 0),
      to: readInteger(cell, 2),
      phase,
      versionMin: cell[5] as number,
      versionMax: cell[6] as number,
      links,
      needs,
      grants,
    };
  }
}

function integer(value: number): [number, number] {
  return [value | 0, Math.floor(value / twoTo32)];
}
