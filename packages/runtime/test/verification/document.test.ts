import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withGeneratedSections } from '../../src/verification/document.ts';

const document = new URL('../../../../docs/connection.md', import.meta.url);

it('docs/connection.md shows the graphs and tables of the code (HOLDFAST_UPDATE=1 writes them anew)', () => {
  const text = readFileSync(document, 'utf8');
  const updated = withGeneratedSections(text);
  if (process.env.HOLDFAST_UPDATE === '1') writeFileSync(document, updated);
  else expect(text).toBe(updated);
}, 120_000);
