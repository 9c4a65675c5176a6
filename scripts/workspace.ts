import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '..');

export interface WorkspacePackage {
  readonly name: string;
  readonly version: string;
  /** Relative to the repository's root, with forward slashes. */
  readonly directory: string;
  /** Names of other packages of this workspace it depends on. */
  readonly workspaceDependencies: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Every package of the workspace, in the order of their directories. */
export function workspacePackages(): readonly WorkspacePackage[] {
  return ['packages', 'apps'].flatMap((place) =>
    readdirSync(join(repositoryRoot, place))
      .sort()
      .map((entry) => `${place}/${entry}`)
      .filter((directory) => existsSync(join(repositoryRoot, directory, 'package.json')))
      .map((directory) => {
        const text = readFileSync(join(repositoryRoot, directory, 'package.json'), 'utf8');
        const manifest = JSON.parse(text) as Manifest;
        const workspaceDependencies = Object.entries(manifest.dependencies ?? {})
          .filter(([, range]) => range.startsWith('workspace:'))
          .map(([name]) => name);
        return { name: manifest.name, version: manifest.version, directory, workspaceDependencies };
      }),
  );
}
