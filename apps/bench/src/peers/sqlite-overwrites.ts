import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Sample } from '../harness/question.ts';
import { uniform } from '../load/keys.ts';

const blockBytes = 4096;

/** SQLite with a write-ahead log and `synchronous=FULL`: rows of 4 KiB updated, so many in one commit. */
export const sqliteOverwrites = (rows: number, rowsPerCommit: number): Contender => ({
  name: rowsPerCommit === 1 ? 'SQLite, a row a commit' : `SQLite, ${rowsPerCommit} rows a commit`,
  round: async (budget) => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    const database = new DatabaseSync(join(directory, 'blocks'));
    try {
      return updateRows(database, rows, rowsPerCommit, budget);
    } finally {
      database.close();
      rmSync(directory, { recursive: true });
    }
  },
});

function updateRows(database: DatabaseSync, rows: number, rowsPerCommit: number, budget: Budget): Sample {
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE blocks (id INTEGER PRIMARY KEY, bytes BLOB)',
  );
  const block = new Uint8Array(blockBytes).fill(0x5a);
  const insert = database.prepare('INSERT INTO blocks VALUES (?, ?)');
  database.exec('BEGIN');
  for (let id = 0; id < rows; id++) insert.run(id, block);
  database.exec('COMMIT');
  const update = database.prepare('UPDATE blocks SET bytes = ? WHERE id = ?');
  const random = uniform(1);
  const below = (count: number) => Math.floor(random() * count);
  const commit = () => {
    if (rowsPerCommit > 1) database.exec('BEGIN');
    for (let row = 0; row < rowsPerCommit; row++) {
      block[0] = below(256);
      update.run(block, below(rows));
    }
    if (rowsPerCommit > 1) database.exec('COMMIT');
  };
  const repeat = (ms: number) => {
    const untilMs = performance.now() + ms;
    let commits = 0;
    for (; performance.now() < untilMs; commits++) commit();
    return commits * rowsPerCommit;
  };
  repeat(budget.warmUpMs);
  const startedMs = performance.now();
  const cpuBefore = processCpuNs();
  const written = repeat(budget.measureMs);
  const cpuNs = (processCpuNs() - cpuBefore) / written;
  return { value: (written * 1000) / (performance.now() - startedMs), cpuNs };
}
