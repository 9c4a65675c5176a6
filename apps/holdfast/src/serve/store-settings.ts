import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../errno.ts';
import { StoreSettingsError } from '../errors.ts';

/** How the store in a directory was made. Kept beside it, so that `holdfast up DIR` opens it the same way. */
const StoreSettings = z.strictObject({
  format: z.literal('holdfast-store-1'),
  nodes: z.int().min(3).max(64),
  data: z.int().min(1).max(8),
  parity: z.literal([1, 2]),
});
export type StoreSettings = z.infer<typeof StoreSettings>;

const fileName = 'store.json';

/**
 * The settings of the store in `storage`; undefined when none was made there.
 * @throws StoreSettingsError when the file is there and cannot be understood.
 */
export async function readSettings(storage: string): Promise<StoreSettings | undefined> {
  const path = join(storage, fileName);
  try {
    return StoreSettings.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new StoreSettingsError(path, error);
  }
}

/** Writes the settings so that after a crash there are either none or all of them. */
export async function writeSettings(storage: string, settings: StoreSettings): Promise<void> {
  const path = join(storage, fileName);
  await using file = await open(`${path}.new`, 'w', 0o600);
  await file.writeFile(`${JSON.stringify(settings, undefined, 2)}\n`);
  await file.sync();
  await rename(`${path}.new`, path);
  await using directory = await open(storage, 'r');
  await directory.sync();
}
