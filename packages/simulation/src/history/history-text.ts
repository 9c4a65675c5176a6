import type { HistoryReport, HistoryViolation } from './check-history.ts';
import type { Operation } from './operation.ts';

const thousands = (count: number): string => count.toLocaleString('en-US');

/** A report for a person: the verdict, then what is wrong. */
export function historyText<Call, Result>(report: HistoryReport<Call, Result>): string {
  const { verdict, model, operations, objects, unknown, concurrentMax, orderings, violated } = report;
  const verdicts = { ok: 'linearizable', violation: 'NOT linearizable', undecided: 'UNDECIDED' };
  const bound = `${report.undecided.length} objects undecided after ${thousands(report.orderingsMax)} orderings each`;
  return [
    `${model}: ${verdicts[verdict]}: ${thousands(operations)} calls on ${thousands(objects)} objects, ` +
      `${thousands(unknown)} of unknown outcome, at most ${concurrentMax} at once, ${thousands(orderings)} orderings`,
    ...(report.undecided.length === 0 ? [] : [`  ${bound}: ${report.undecided.slice(0, 8).join(', ')}`]),
    ...(violated === 0 ? [] : [`  ${violated} objects violated`]),
    ...report.violations.flatMap(violationLines),
  ].join('\n');
}

function violationLines<Call, Result>(violation: HistoryViolation<Call, Result>): string[] {
  const { key, answers, operation, before, window } = violation;
  return [
    `  ${key}: the first ${thousands(answers)} answers have no order; those before the last leave ${before ?? 'nobody knows what'}`,
    ...window.map((each) => `    ${each === operation ? '->' : '  '} ${operationText(each)}`),
  ];
}

function operationText({ process, call, invoked, end }: Operation<unknown, unknown>): string {
  const answer =
    end?.outcome === 'answered' ? `${JSON.stringify(end.result)} at ${end.at}` : (end?.outcome ?? 'pending');
  return `${process} at ${invoked}: ${JSON.stringify(call)} -> ${answer}`;
}
