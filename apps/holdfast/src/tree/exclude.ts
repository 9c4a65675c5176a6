import { matchesGlob } from 'node:path';
import { printable } from './name.ts';

export type Excludes = (path: Buffer) => boolean;

/**
 * Compiles `--exclude` patterns. A pattern without a slash is held against the last part of a path, at any depth;
 * one with a slash against the whole path below the root. Glob syntax is that of `path.matchesGlob`.
 */
export function excluding(patterns: readonly string[]): Excludes {
  const cleaned = patterns.map((pattern) => pattern.replace(/^\.?\/|\/$/g, '')).filter((pattern) => pattern !== '');
  if (cleaned.length === 0) return () => false;
  return (path) => {
    const text = printable(path);
    const name = text.slice(text.lastIndexOf('/') + 1);
    return cleaned.some((pattern) => matchesGlob(pattern.includes('/') ? text : name, pattern));
  };
}
