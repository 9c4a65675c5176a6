import { describe, expect, it } from 'vitest';
import { ConnectionCells } from '../../src/exchange/connection-cells.ts';
import type { InboxCell, StatusPage } from '../../src/kernel/connection-types.ts';
import { connectionClientsMax } from '../../src/limits.ts';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';

const page: StatusPage = { endpoint: 3 * 2 ** 40 + 7, versionMin: 1, versionMax: 4, phase: 'agreed', seen: 2 ** 33 };
const cell: InboxCell = {
  from: 2 ** 50,
  to: 2 ** 33 + 1,
  phase: 'created',
  versionMin: 1,
  versionMax: 2,
  links: [0, 3],
  needs: Array.from({ length: connectionClientsMax }, (_, client) => ({ client, ports: 1, bytesPerPort: 4096 })),
  grants: Array.from({ length: connectionClientsMax }, (_, client) => ({
    client,
    ports: 1,
    bytesPerPort: 4096,
    handle: 100_000 + client,
  })),
};

function pair(): { block: ClusterBlock; a: ConnectionCells; b: ConnectionCells } {
  const block = ClusterBlock.create(Arena.create(8 * 1024 * 1024));
  return { block, a: new ConnectionCells(block, 5, 70), b: new ConnectionCells(block, 70, 5) };
}

describe('ConnectionCells', () => {
  it('shows the peer what was published and written, each cell once', () => {
    const { a, b } = pair();
    expect(b.readPage()).toBeUndefined();
    a.publish(page);
    expect(b.readPage()).toEqual(page);
    expect(a.readPage()).toBeUndefined();
    expect(b.news()).toBeUndefined();
    expect(a.writeCell(cell)).toBe(true);
    expect(b.news()).toEqual(cell);
    expect(b.news()).toBeUndefined();
    a.writeCell({ ...cell, phase: 'ready' });
    expect(b.news()?.phase).toBe('ready');
  });

  it('fails across a cut in either direction, and shows what was written before after it healed', () => {
    const { block, a, b } = pair();
    a.publish(page);
    a.writeCell(cell);
    block.setCut(70, 5, true);
    expect([b.readPage(), b.news(), a.writeCell(cell)]).toEqual([undefined, undefined, false]);
    block.setCut(70, 5, false);
    expect(b.readPage()).toEqual(page);
    expect(b.news()).toEqual(cell);
  });

  it('believes nothing that an earlier cluster left in the same memory', () => {
    const { block, a } = pair();
    a.publish(page);
    a.writeCell(cell);
    block.arena.give(block.extent);
    const next = ClusterBlock.create(block.arena);
    expect(next.extent.at).toBe(block.extent.at);
    const heir = new ConnectionCells(next, 70, 5);
    expect([heir.readPage(), heir.news()]).toEqual([undefined, undefined]);
  });
});
