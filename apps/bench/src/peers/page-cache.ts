import { spawnSync } from 'node:child_process';

/**
 * Let the kernel drop what it caches of a file, as anybody may: GNU dd asks for it with `posix_fadvise`, for the whole file
 * when it copies nothing. What is dirty is flushed first. The host of a virtual machine may keep a cache of its own.
 */
export function dropCached(files: readonly string[]): void {
  for (const file of files) {
    const options = [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'];
    const { status, error } = spawnSync('dd', options);
    if (error !== undefined || status !== 0) throw new Error('not installed: GNU dd, which drops cached files');
  }
}
