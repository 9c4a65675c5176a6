import { ProtocolError } from './errors.ts';

/** What the protocol says of one (state, event) pair. */
export type CellClass = 'handled' | 'ignored' | 'impossible';

export interface Cell {
  readonly class: CellClass;
  /** For ignored and impossible cells: the reason, as a sentence. */
  readonly why: string;
}

/** Rows are named states, columns are event types. Every pair has a cell. */
export type CellTable = Readonly<Record<string, Readonly<Record<string, Cell>>>>;

/** The event changes the state or causes effects. */
export const handled: Cell = { class: 'handled', why: '' };

/** The event may arrive here and is dropped on purpose. */
export const ignored = (why: string): Cell => ({ class: 'ignored', why });

/** The event can never arrive here; if it does the kernel throws. The explorer must find no way to reach the cell. */
export const impossible = (why: string): Cell => ({ class: 'impossible', why });

/**
 * The cell of `row` and `column`.
 * @throws ProtocolError when the table has no such cell.
 */
export function cellAt(kernel: string, table: CellTable, row: string, column: string): Cell {
  // Names that every object inherits lead to no cell: asking for own properties would cost each step two calls more.
  const cell = table[row]?.[column];
  if (typeof cell?.class !== 'string') throw new ProtocolError(kernel, row, column, 'the table has no such cell');
  return cell;
}

/**
 * The cell of `row` and `column`, handled or ignored: what a kernel asks before it acts.
 * @throws ProtocolError when the table has no such cell or classes it impossible.
 */
export function refuseImpossible(kernel: string, table: CellTable, row: string, column: string): Cell {
  const cell = cellAt(kernel, table, row, column);
  if (cell.class === 'impossible') throw new ProtocolError(kernel, row, column, cell.why);
  return cell;
}
