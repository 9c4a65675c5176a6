export interface ExampleFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The files of a README's example: its fenced code blocks whose first line is a comment that names a file, as in
 * `// counter.ts`. Blocks without a name are fragments and are left out.
 */
export function exampleFiles(markdown: string): readonly ExampleFile[] {
  const files: ExampleFile[] = [];
  for (const [, text = ''] of markdown.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```/gm)) {
    const name = /^\/\/ ([\w.-]+\.(?:ts|js|mjs))\n/.exec(text)?.[1];
    if (name !== undefined) files.push({ name, text });
  }
  return files;
}
