import { HoldfastError } from '@holdfast/runtime/errors';
import type { z } from 'zod';

/** Thrown for a scenario that is malformed: `HF_SCENARIO`. Nothing of it was run. */
export class ScenarioError extends HoldfastError {
  override readonly name = 'ScenarioError';
  /** Line of the file, from 1; 0 for the file as a whole. */
  readonly line: number;
  /** The message without its hint. */
  readonly problem: string;

  constructor(line: number, problem: string, hint = 'docs/scenarios.md has the format.') {
    const placed = `${line === 0 ? '' : `line ${line}: `}${problem}`;
    super('HF_SCENARIO', placed, { hint });
    this.line = line;
    this.problem = placed;
  }
}

/** The first thing wrong with a piece of a scenario, with its place. */
export function problemOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'malformed';
  const place = issue.path.map(String).join('.');
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}
