import type { Violation } from '@holdfast/simulation';
import type { Terminal } from '../terminal/terminal.ts';

/** A violation as a person reads it: what broke, then the shortest way there as numbered steps. */
export function showViolation(terminal: Terminal, violation: Violation): void {
  const { kind, property, message, steps } = violation;
  terminal.line(terminal.style('red', `  ✗ ${kind}: ${property}`));
  terminal.line(`    ${message}`);
  showSteps(terminal, steps);
}

export function showSteps(terminal: Terminal, steps: readonly string[]): void {
  const width = String(steps.length).length;
  for (const [index, step] of steps.entries()) terminal.line(`    ${String(index + 1).padStart(width)}. ${step}`);
}
