import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for one test, removed by the caller. */
export function scratchDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `holdfast-test-${name}-`));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** `bad\xff\xfename`: no UTF-8. */
export const badName = Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe, 0x6e, 0x61, 0x6d, 0x65]);

/** Everything a tree can hold that is not a plain file with a plain name. Returns a socket server to close. */
export async function growNastyTree(root: string): Promise<Server> {
  mkdirSync(join(root, 'deep', 'er'), { recursive: true });
  mkdirSync(join(root, 'empty-directory'));
  writeFileSync(join(root, 'plain.txt'), 'plain');
  writeFileSync(join(root, 'zero'), '');
  writeFileSync(join(root, 'deep', 'er', 'leaf'), Buffer.alloc(100_000, 7));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), badName]), 'bytes are names');
  writeFileSync(join(root, 'escape\u001b[31mred\n'), 'a name that would colour the terminal');
  writeFileSync(join(root, 'sparse'), '');
  truncateSync(join(root, 'sparse'), 3 * 2 ** 30);
  symlinkSync('..', join(root, 'deep', 'loop'));
  symlinkSync('self', join(root, 'self'));
  symlinkSync(Buffer.from([0x2f, 0xff]), join(root, 'to-nowhere'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
  return server;
}

/**
 * Puts one entry into `root` that even the superuser cannot look at: its path is too long for the system. It is made by
 * relative steps, as the system takes no such path in one piece.
 */
export function growUnreadable(root: string): void {
  const home = process.cwd();
  const name = 'd'.repeat(250);
  try {
    for (let depth = 0; depth < 20; depth++) {
      mkdirSync(depth === 0 ? join(root, name) : name);
      process.chdir(depth === 0 ? join(root, name) : name);
    }
  } finally {
    process.chdir(home);
  }
}
