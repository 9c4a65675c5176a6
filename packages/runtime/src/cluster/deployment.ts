import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { DeployRequest } from '../control/supervisor-api.ts';
import { ConfigError } from '../errors.ts';
import type { MemberName } from '../member.ts';
import { duration } from './duration.ts';

export interface DeployOptions {
  /** The nodes to run the service on: a name, names, or all nodes that are up. */
  readonly on: MemberName | readonly MemberName[] | 'all';
  /** Handed to the service's setup on each node. It is cloned. */
  readonly options?: unknown;
  /**
   * Restart nodes that carry this service when they die, one for one, at most `max` times within `within`; beyond that
   * the cluster's own policy decides. @default the cluster's own policy
   */
  readonly restart?: { readonly max: number; readonly within: number | string };
}

/** A service that runs on nodes of the cluster. */
export interface Deployment {
  readonly name: string;
  readonly nodes: readonly MemberName[];
  /** Take it away: it finishes what it accepted, within bounds, and is disposed of. */
  stop(): Promise<void>;
}

const deploySchema = z.strictObject({
  on: z.union([z.string(), z.array(z.string()).min(1)]),
  options: z.unknown().optional(),
  restart: z.strictObject({ max: z.int().min(1).max(1000), within: duration }).optional(),
});

/**
 * @param nodes names of the nodes that are up
 * @throws ConfigError (HF_CONFIG)
 */
export function parseDeploy(module: URL | string, options: DeployOptions, nodes: readonly MemberName[]): DeployRequest {
  const parsed = deploySchema.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`Deploy option ${issue?.path.join('.')}: ${issue?.message}.`, {
      hint: 'See DeployOptions.',
      cause: parsed.error,
    });
  }
  const { on, restart } = parsed.data;
  const names = on === 'all' ? nodes : [on].flat();
  return {
    module: moduleUrl(module),
    on: [...new Set(names)],
    options: parsed.data.options,
    restart: restart && { max: restart.max, withinMs: restart.within },
  };
}

function moduleUrl(module: URL | string): string {
  if (module instanceof URL) return module.href;
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (URL.canParse(module)) return module;
  throw new ConfigError(`${JSON.stringify(module)} does not say where the service module is.`, {
    hint: "Use new URL('./service.js', import.meta.url), an absolute path, or import.meta.resolve('package').",
  });
}
