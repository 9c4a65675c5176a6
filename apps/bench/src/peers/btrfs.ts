import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contender } from '../harness/question.ts';
import { overwriteFiles } from './raw-overwrites.ts';

const deviceBytes = 320 << 20;
const chunkBytes = 1 << 20;

/** btrfs raid5 over loop devices, a file each on the file system of the temporary files. Only root can make one. */
class BtrfsRaid5 implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  readonly #loops: string[] = [];
  #mounted = false;

  static make(drives: number): BtrfsRaid5 {
    const isThere = ['losetup', 'mkfs.btrfs', 'mount'].every((name) => spawnSync(name, ['--version']).status === 0);
    if (process.getuid?.() !== 0 || !isThere) throw new Error('not installed: btrfs-progs, and the rights of root');
    const made = new BtrfsRaid5();
    try {
      made.#make(drives);
      return made;
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
  }

  #make(drives: number): void {
    for (let drive = 0; drive < drives; drive++) {
      const file = join(this.#directory, `${drive}`);
      const handle = openSync(file, 'w');
      ftruncateSync(handle, deviceBytes);
      closeSync(handle);
      this.#loops.push(command('losetup', '-f', '--show', file).trim());
    }
    command('mkfs.btrfs', '-q', '-d', 'raid5', '-m', 'raid1c3', ...this.#loops);
    mkdirSync(this.#mountPoint);
    command('mount', '-t', 'btrfs', this.#loops[0]!, this.#mountPoint);
    this.#mounted = true;
  }

  /** A file of so many bytes, a multiple of 1 MiB, every one written. */
  file(bytes: number): string {
    const path = join(this.#mountPoint, 'file');
    const handle = openSync(path, 'w');
    const chunk = new Uint8Array(chunkBytes).fill(0x5a);
    for (let at = 0; at < bytes; at += chunkBytes) writeSync(handle, chunk);
    closeSync(handle);
    command('sync', '-f', path);
    return path;
  }

  get #mountPoint(): string {
    return join(this.#directory, 'mounted');
  }

  [Symbol.dispose](): void {
    if (this.#mounted) command('umount', this.#mountPoint);
    for (const loop of this.#loops) command('losetup', '-d', loop);
    rmSync(this.#directory, { recursive: true });
  }
}

function command(name: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.trim().slice(0, 200)}`);
  return stdout;
}

export const btrfsOverwrites = (drives: number, bytes: number, threads: number): Contender => ({
  name: 'btrfs raid5',
  round: async (budget) => {
    using btrfs = BtrfsRaid5.make(drives);
    return await overwriteFiles([btrfs.file(bytes)], threads, budget);
  },
});
