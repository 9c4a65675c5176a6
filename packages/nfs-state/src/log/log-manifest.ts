import type { MemberContext } from '@holdfast/runtime/service';
import { z } from 'zod';
import { LogDamagedError, LogNewerError } from '../errors.ts';
import { manifestTriesMax } from '../limits.ts';

const count = z.int().min(0);

/** What the coordination store knows of the log: who may append, and which objects it lies in. */
const ManifestForm = z.object({
  version: z.literal(1),
  claim: count,
  /** The first batch that can still be read. */
  start: count,
  /** Each segment holds the batches from `first` up to that of the next one. */
  segments: z.array(z.object({ epoch: count, gfid: z.string(), first: count })),
  snapshot: z.object({ gfid: z.string(), bytes: count, checksum: count, next: count }).nullable(),
  /** Objects that are no part of the log: not yet, where `epoch` is the claim, or no more, and then to be removed. */
  loose: z.array(z.object({ epoch: count, gfid: z.string() })).default([]),
});
export type LogManifest = z.output<typeof ManifestForm>;
export type LogSegment = LogManifest['segments'][number];

const blank: LogManifest = { version: 1, claim: 0, start: 0, segments: [], snapshot: null, loose: [] };

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LogDamagedError('its manifest makes no sense');
  }
}

/** The manifest of the log in the coordination store: read, and changed only by who has read its latest form. */
export class ManifestStore {
  readonly #coord: MemberContext['coord'];
  readonly #key: string;

  constructor(coord: MemberContext['coord'], name: string) {
    this.#coord = coord;
    this.#key = `${name}/manifest`;
  }

  async read(): Promise<LogManifest> {
    return (await this.#read()).manifest;
  }

  /**
   * `change` gives the next form, or throws what its caller is told.
   * @throws LogDamagedError when the manifest makes no sense, or never stands still
   */
  async change(change: (manifest: LogManifest) => LogManifest): Promise<LogManifest> {
    for (let tries = 0; tries < manifestTriesMax; tries++) {
      const { manifest, revision } = await this.#read();
      const next = change(manifest);
      const bytes = new TextEncoder().encode(JSON.stringify(next));
      const { succeeded } = await this.#coord.compareAndSet(this.#key, revision, bytes);
      if (succeeded) return next;
    }
    throw new LogDamagedError('its manifest never stands still');
  }

  /** The next form whatever there was before; `change` is given nothing where that makes no sense. */
  async replace(change: (manifest: LogManifest | undefined) => LogManifest): Promise<void> {
    const entry = await this.#coord.get(this.#key);
    const before = await this.read().catch(() => undefined);
    const bytes = new TextEncoder().encode(JSON.stringify(change(before)));
    const { succeeded } = await this.#coord.compareAndSet(this.#key, entry?.modRevision ?? 0, bytes);
    if (!succeeded) throw new LogDamagedError('its manifest changes while it is given up');
  }

  async #read(): Promise<{ manifest: LogManifest; revision: number }> {
    const entry = await this.#coord.get(this.#key);
    if (entry === undefined) return { manifest: blank, revision: 0 };
    const value = parsedText(new TextDecoder().decode(entry.value));
    const { data: newer } = z.object({ version: z.int().min(2) }).safeParse(value);
    if (newer !== undefined) throw new LogNewerError(newer.version);
    const parsed = ManifestForm.safeParse(value);
    if (!parsed.success) throw new LogDamagedError('its manifest makes no sense');
    return { manifest: parsed.data, revision: entry.modRevision };
  }
}
