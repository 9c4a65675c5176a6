import type { Result } from './result.ts';
import { markdownTable } from './table.ts';

const begin = '<!-- results: written by bench --document -->';
const end = '<!-- end of results -->';

/**
 * The document with its results replaced by these: what lies between the two marker comments, the machine first.
 * @throws Error when the document has no such place.
 */
export function withResults(document: string, results: readonly Result[], date: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the document has no place between "${begin}" and "${end}"`);
  const hosts = [...new Set(results.map(({ host }) => host.replace(/, load [\d.]+$/, '')))];
  const loads = results.map(({ host }) => Number(/load ([\d.]+)$/.exec(host)?.[1] ?? 0));
  const machine = `${date}: ${hosts.join('; ')}; load average ${Math.min(...loads)} to ${Math.max(...loads)} at the start of a question.`;
  const gaps = results.flatMap(({ question, note }) => (note === undefined ? [] : [`- ${question}: ${note}`]));
  const text = [begin, '', machine, '', markdownTable(results), '', ...(gaps.length === 0 ? [] : [...gaps, '']), end];
  return document.slice(0, from) + text.join('\n') + document.slice(to + end.length);
}
