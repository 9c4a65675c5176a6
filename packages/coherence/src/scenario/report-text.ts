import type { NodeState, ObjectReport, StepReport } from './report.ts';

/** A step as lines to print: what it is, what it delivered, why it failed, and every object on every node. */
export function stepText({
  line,
  turns,
  step,
  passed,
  failures,
  delivered,
  deliveredCount,
  unknown,
  objects,
}: StepReport): string {
  const { note, ...rest } = step;
  const turn = turns.length === 0 ? '' : ` (turn ${turns.join('.')})`;
  const isNote = Object.keys(rest).length === 0;
  const head = `${String(line).padStart(4)}  ${isNote ? '#' : JSON.stringify(rest)}`;
  const lines = [`${head}${note === undefined ? '' : `${isNote ? '' : '  #'} ${String(note)}`}${turn}`];
  if (isNote) return lines.join('\n');
  if (deliveredCount > 0) {
    const more = deliveredCount - delivered.length;
    const each = delivered.map(({ from, to, kind, dropped }) => `${from}→${to} ${kind}${dropped ? ' (dropped)' : ''}`);
    lines.push(`      delivered ${deliveredCount}: ${each.join(', ')}${more > 0 ? `, and ${more} more` : ''}`);
  }
  if (unknown !== undefined) lines.push(`      objects that only node ${unknown.join(', ')} knew are unknown`);
  if (!('expect' in step)) lines.push(...objects.map((object) => objectText(object, objects.length > 1)));
  lines.push(passed ? '      pass' : `      FAIL: ${failures.join('; ')}`);
  return lines.join('\n');
}

const objectText = ({ key, nodes }: ObjectReport, isNamed: boolean): string =>
  `      ${isNamed ? `${key}: ` : ''}${nodes.map(nodeText).join(' | ')}`;

function nodeText({ node, state, value, probOwner, copyset, holders, waiting, view, phase }: NodeState): string {
  const parts = [`${node} ${state}`];
  if (value !== null) parts.push(JSON.stringify(value));
  if (probOwner !== null && probOwner !== node) parts.push(`→${probOwner}`);
  if (copyset.length > 0) parts.push(`{${copyset.join(',')}}`);
  if (holders.length > 0) parts.push(`held by ${holders.join(', ')}`);
  if (waiting.length > 0) parts.push(`waits: ${waiting.join(', ')}`);
  if (phase !== 'open' && phase !== 'down') parts.push(`(${phase}, view ${view})`);
  return parts.join(' ');
}
