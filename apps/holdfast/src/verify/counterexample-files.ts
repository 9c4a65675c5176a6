import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExploreReport, VerificationSuite } from '@holdfast/simulation';
import { errnoOf } from '../errno.ts';
import { UsageError } from '../errors.ts';

/** Where `explore --scenarios DIR` writes counterexamples. Made before a long run begins, so that a bad path fails at once. */
export class CounterexampleFiles {
  readonly #directory: string;

  /** @throws UsageError when the directory cannot be made. */
  constructor(directory: string) {
    this.#directory = directory;
    try {
      mkdirSync(directory, { recursive: true });
    } catch (error) {
      throw new UsageError(`${directory} cannot be made (${errnoOf(error)}).`, 'Name another one with --scenarios.');
    }
  }

  /** A file for each violation and each seeded bug caught; answers their paths. */
  write(suite: VerificationSuite, { entries, mutants }: ExploreReport): string[] {
    const paths: string[] = [];
    for (const { name, violations } of entries) {
      for (const violation of violations) {
        this.#write(`${name}: ${violation.property}`, suite.asScenario?.(name, violation), paths);
      }
    }
    for (const { name, violation } of mutants) {
      const configuration = suite.mutants.find((mutant) => mutant.name === name)?.configuration ?? '';
      this.#write(`bug: ${name}`, violation && suite.asScenario?.(configuration, violation), paths);
    }
    return paths;
  }

  #write(name: string, text: string | undefined, paths: string[]): void {
    if (text === undefined) return;
    const path = join(this.#directory, `${slug(name)}.jsonl`);
    writeFileSync(path, text);
    paths.push(path);
  }
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
