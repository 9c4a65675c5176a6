import { ConfigError } from '../errors.ts';
import { workerEntry } from '../supervisor/worker-entry.ts';
import type { ClusterOptions } from './options.ts';

/**
 * The entry of a cluster's threads. Read before all other options and without zod, so that the first thread starts while
 * those are read.
 * @throws ConfigError (HF_CONFIG)
 */
export function threadEntry(options: ClusterOptions): URL {
  const given = options?.workerUrl;
  const url = URL.parse(given === undefined ? workerEntry() : String(given));
  if (url?.protocol === 'file:' || url?.protocol === 'data:') return url;
  throw new ConfigError('Option workerUrl: it must be a file: or data: URL.', {
    hint: 'See ClusterOptions for what Cluster.start takes.',
  });
}
