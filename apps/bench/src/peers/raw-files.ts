import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropCached } from './page-cache.ts';

const chunkBytes = 1 << 20;
const chunksInFlight = 2;

/** Plain files of equal length, one a drive, written and read side by side: what the drives can do without an array. */
export class RawFiles implements AsyncDisposable {
  readonly #directory: string;
  readonly #files: readonly FileHandle[];
  readonly #chunk = Buffer.alloc(chunkBytes, 0x5a);
  /** Read into again and again, as the array's readers do. */
  readonly #lanes: readonly Buffer[];

  private constructor(directory: string, files: readonly FileHandle[]) {
    this.#directory = directory;
    this.#files = files;
    this.#lanes = Array.from({ length: files.length * chunksInFlight }, () => Buffer.alloc(chunkBytes));
  }

  static async open(count: number): Promise<RawFiles> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
    const names = Array.from({ length: count }, (_, file) => join(directory, `${file}`));
    return new RawFiles(directory, await Promise.all(names.map((name) => open(name, 'w+'))));
  }

  get names(): string[] {
    return this.#files.map((_, file) => join(this.#directory, `${file}`));
  }

  /** Write so many bytes of every file, a multiple of 1 MiB, and flush each. */
  async write(bytesEach: number): Promise<void> {
    await Promise.all(
      this.#files.map(async (file) => {
        await this.#inFlight(bytesEach, (at) => file.write(this.#chunk, 0, chunkBytes, at));
        await file.datasync();
      }),
    );
  }

  async read(bytesEach: number): Promise<void> {
    await Promise.all(
      this.#files.map((file, index) =>
        this.#inFlight(bytesEach, async (at, lane) => {
          const { bytesRead } = await file.read(this.#lanes[index * chunksInFlight + lane]!, 0, chunkBytes, at);
          if (bytesRead !== chunkBytes) throw new Error('a raw file is shorter than it was written');
        }),
      ),
    );
  }

  dropCached(): void {
    dropCached(this.names);
  }

  async #inFlight(bytes: number, each: (at: number, lane: number) => Promise<unknown>): Promise<void> {
    let next = 0;
    const walk = async (_: unknown, lane: number) => {
      while (next < bytes) {
        const at = next;
        next += chunkBytes;
        await each(at, lane);
      }
    };
    await Promise.all(Array.from({ length: chunksInFlight }, walk));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
    await rm(this.#directory, { recursive: true });
  }
}
