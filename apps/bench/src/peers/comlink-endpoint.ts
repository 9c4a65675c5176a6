import { createRequire } from 'node:module';
import type { Endpoint } from 'comlink';
import type { NodeEndpoint } from 'comlink/dist/umd/node-adapter.js';

/** Comlink's own adapter for Node's ports. It is declared as an ES module but is CommonJS: hence require. */
export const nodeEndpoint = createRequire(import.meta.url)('comlink/dist/umd/node-adapter.js') as (
  port: NodeEndpoint,
) => Endpoint;
