import { readFileSync } from 'node:fs';

/** The version in the manifest of this package, which lies one level above both `src` and `dist`. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new TypeError('the package manifest has no version');
  }
  return String(manifest.version);
}
