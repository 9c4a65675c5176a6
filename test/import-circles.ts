import { posix } from 'node:path';

/** A source file: its path from the root of the repository, and its text. */
export interface Module {
  readonly path: string;
  readonly text: string;
}

/**
 * Groups of files each of which leads back to itself by its imports, sorted. Types count: who wants to understand one of such
 * a group has to read them all.
 */
export function importCircles(modules: readonly Module[]): string[][] {
  const imports = new Map(modules.map((module) => [module.path, importsOf(module)]));
  const circles = new CircleSearch(imports);
  for (const path of imports.keys()) circles.visit(path);
  return circles.found.map((circle) => circle.sort()).sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

function importsOf({ path, text }: Module): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)].map(([, specifier = '']) => specifier);
  return specifiers.map((specifier) => posix.normalize(posix.join(posix.dirname(path), specifier)));
}

/** Strongly connected components (Tarjan 1972). */
class CircleSearch {
  readonly found: string[][] = [];
  readonly #imports: ReadonlyMap<string, readonly string[]>;
  readonly #places = new Map<string, { readonly number: number; lowest: number }>();
  readonly #path: string[] = [];
  readonly #onPath = new Set<string>();

  constructor(imports: ReadonlyMap<string, readonly string[]>) {
    this.#imports = imports;
  }

  visit(path: string): void {
    if (this.#places.has(path)) return;
    const place = { number: this.#places.size, lowest: this.#places.size };
    this.#places.set(path, place);
    this.#path.push(path);
    this.#onPath.add(path);
    for (const other of this.#imports.get(path) ?? []) {
      if (!this.#imports.has(other)) continue;
      const isNew = !this.#places.has(other);
      this.visit(other);
      const { number, lowest } = this.#places.get(other)!;
      if (isNew) place.lowest = Math.min(place.lowest, lowest);
      else if (this.#onPath.has(other)) place.lowest = Math.min(place.lowest, number);
    }
    if (place.lowest === place.number) this.#close(path);
  }

  #close(path: string): void {
    const circle = this.#path.splice(this.#path.indexOf(path));
    for (const each of circle) this.#onPath.delete(each);
    if (circle.length > 1) this.found.push(circle);
  }
}
