import { z } from 'zod';
import { ask, askOnce } from './control-client.ts';

/** What a serving process says of an object that it stored or lists. */
export const StoredReport = z.object({ key: z.string(), bytes: z.number(), degraded: z.boolean() });
export type StoredReport = z.infer<typeof StoredReport>;

/** The bytes of an object of a store that is served. */
export async function* objectBytes(storage: string, key: string): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const item of ask(storage, { verb: 'get', key })) yield Buffer.from(z.base64().parse(item), 'base64');
}

/** Store bytes under a key of a store that is served. */
export async function storeBytes(
  storage: string,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  technique?: string,
): Promise<StoredReport> {
  const request = { verb: 'put', key, ...(technique !== undefined && { technique }) } as const;
  return StoredReport.parse(await askOnce(storage, request, bytes));
}

/** The objects of a store that is served whose keys begin with `prefix`. */
export async function* listObjects(storage: string, prefix?: string): AsyncGenerator<StoredReport, void, undefined> {
  const request = { verb: 'ls', ...(prefix !== undefined && { prefix }) } as const;
  for await (const item of ask(storage, request)) yield StoredReport.parse(item);
}
