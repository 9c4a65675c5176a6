import type { CellTable } from '@holdfast/kernel';
import type { CellEvidence } from '../explorer/model.ts';

/** Kernel, row and column. */
export type ReachedCell = readonly [kernel: string, row: string, column: string];

/** Which cells of which kernels' tables were reached. */
export class CellLog {
  readonly #tables = new Map<string, CellTable>();
  /** By kernel, row and column. */
  readonly #reached = new Map<string, Map<string, Set<string>>>();
  #news: ReachedCell[] = [];

  declare(kernel: string, table: CellTable): void {
    if (this.#tables.has(kernel)) return;
    this.#tables.set(kernel, table);
    this.#reached.set(kernel, new Map(Object.keys(table).map((row) => [row, new Set()])));
  }

  reached(kernel: string, row: string, column: string): void {
    const columns = this.#reached.get(kernel)?.get(row);
    if (columns === undefined || columns.has(column)) return;
    columns.add(column);
    this.#news.push([kernel, row, column]);
  }

  /** The cells reached since this was last asked, each once. */
  takeNews(): ReachedCell[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** Every cell reached, as plain data. */
  get reachedCells(): ReachedCell[] {
    return [...this.#reached].flatMap(([kernel, rows]) =>
      [...rows].flatMap(([row, columns]) => [...columns].map((column): ReachedCell => [kernel, row, column])),
    );
  }

  /** How the tables and the evidence compare. */
  evidence(): CellEvidence {
    const evidence: CellEvidence = {
      handled: 0,
      ignored: 0,
      impossible: 0,
      evidenced: 0,
      missing: [],
      contradicted: [],
    };
    for (const [kernel, table] of this.#tables) {
      for (const [row, columns] of Object.entries(table)) {
        for (const [column, cell] of Object.entries(columns)) {
          const name = `${row} x ${column}`;
          const seen = this.#reached.get(kernel)?.get(row)?.has(column) ?? false;
          evidence[cell.class]++;
          if (cell.class === 'impossible') {
            if (seen) evidence.contradicted.push(`${kernel}: ${name}`);
          } else if (seen) evidence.evidenced++;
          else evidence.missing.push(`${kernel}: ${name}`);
        }
      }
    }
    return evidence;
  }
}
