import type { DriveFile } from '../drive/drive-files.ts';

/**
 * A flush failed. What the file holds since its last good flush is unknown, and a second flush would report success
 * without having written it: the drive must stop, whatever the reason was, a full disk included.
 */
export class FlushFailedError extends Error {
  override readonly name = 'FlushFailedError';
  constructor(file: string, cause: unknown) {
    super(`${file}: a flush failed`, { cause });
  }
}

/** @throws FlushFailedError */
export async function flush(file: DriveFile): Promise<void> {
  try {
    await file.flush();
  } catch (error) {
    throw new FlushFailedError(file.name, error);
  }
}
