import { EngineError } from './errors.ts';

/** The oldest major version of Node with all that the runtime uses. The same number stands in `engines` of package.json. */
export const nodeMajorMin = 24;

/**
 * Refuse a Node that is too old, before anything is started on it.
 * @param version as in `process.versions.node`.
 * @throws EngineError (HF_ENGINE) that names the version needed and the version found.
 */
export function assertEngine(version: string = process.versions.node): void {
  const major = Number.parseInt(version, 10);
  if (!(major >= nodeMajorMin)) throw new EngineError(version, nodeMajorMin);
}
