import { expect, test } from 'vitest';
import { exampleFiles } from '../scripts/readme-example.ts';

test('takes the blocks that start with a file name, in order, and leaves fragments out', () => {
  const markdown = [
    '# Title',
    '```ts',
    '// counter.ts',
    'export const one = 1;',
    '```',
    '```ts',
    'fragment();',
    '```',
    '```sh',
    '# not.ts',
    '```',
    '```ts',
    '// main.ts',
    "import { one } from './counter.ts';",
    '```',
  ].join('\n');
  expect(exampleFiles(markdown)).toEqual([
    { name: 'counter.ts', text: '// counter.ts\nexport const one = 1;\n' },
    { name: 'main.ts', text: "// main.ts\nimport { one } from './counter.ts';\n" },
  ]);
});
