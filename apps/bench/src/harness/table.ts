import { figure } from './figure.ts';
import type { Result } from './result.ts';

const columns: readonly { readonly title: string; readonly cell: (result: Result) => string }[] = [
  { title: 'question', cell: (result) => result.question },
  { title: 'ours', cell: (result) => figure(result.ours) },
  { title: 'peer', cell: (result) => figure(result.peer) },
  { title: 'unit', cell: (result) => result.unit },
  { title: 'against', cell: (result) => result.peerName ?? '' },
  { title: 'ratio', cell: (result) => (result.ratio === null ? '' : `${figure(result.ratio)}x`) },
  { title: 'goal', cell: (result) => result.goal },
  { title: 'met', cell: (result) => (result.met === null ? '' : result.met ? 'yes' : 'NO') },
  { title: 'CPU ns/op', cell: (result) => figure(result.oursCpuNs) },
  { title: 'peer CPU', cell: (result) => figure(result.peerCpuNs) },
  { title: 'runs', cell: (result) => String(result.runs) },
];

/** The results as a text table, one row each, with the reason of every gap below. */
export function table(results: readonly Result[]): string {
  const rows = [columns.map((column) => column.title), ...results.map((one) => columns.map((c) => c.cell(one)))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => (row[index] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] as number))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  const gaps = results.flatMap(({ question, note }) => (note === undefined ? [] : [`  ${question}: ${note}`]));
  return [...lines, ...(gaps.length === 0 ? [] : ['gaps:', ...new Set(gaps)])].join('\n');
}

/** The same rows for a document, in Markdown. */
export function markdownTable(results: readonly Result[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map((column) => column.title)),
    line(columns.map(() => '---')),
    ...results.map((result) => line(columns.map((column) => column.cell(result)))),
  ].join('\n');
}
