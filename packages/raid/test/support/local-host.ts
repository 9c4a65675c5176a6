import { join } from 'node:path';
import { memberName, NodeDownError, type PagePool } from '@holdfast/runtime';
import type { ArrayHost } from '../../src/array/array-host.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { openDirectory } from '../../src/drive/node-drive.ts';
import { Iom } from '../../src/iom/iom.ts';
import type { IomPort } from '../../src/iom/iom-port.ts';
import { LocalLinks } from './local-links.ts';
import { memberPools } from './local-pool.ts';

const arrayMember = 64;

export interface LocalHostOptions {
  readonly pagesEach?: number;
  /** Pools of an earlier host whose arrays are closed; where omitted, new ones. */
  readonly pools?: ReadonlyMap<number, PagePool>;
  /** Opens the drive of a member; where omitted, its directory. */
  readonly openDrive?: (member: number) => DriveDirectory | Promise<DriveDirectory>;
  /** How many turns of the loop the next message between members is on its way; where omitted, one. */
  readonly linkTurns?: () => number;
}

export const localPools = (members: readonly number[], pagesEach?: number): ReadonlyMap<number, PagePool> =>
  memberPools([...members, arrayMember], pagesEach);

/**
 * The I/O managers of some members in this thread, over real files: what an array does is the same as over a cluster,
 * and a member can be cut off between any two requests.
 */
export class LocalHost implements ArrayHost {
  readonly directory: string;
  readonly members: readonly number[];
  readonly #pools: ReadonlyMap<number, PagePool>;
  readonly #ioms: ReadonlyMap<number, Iom>;
  readonly #links: LocalLinks;
  readonly #down = new Set<number>();
  readonly #listeners = new Set<(member: number, why: string) => void>();
  readonly #upListeners = new Set<(member: number) => void>();
  readonly #silenceListeners = new Set<(member: number, silent: boolean) => void>();
  /** Called before each request: may throw, wait, or cut members off. */
  beforeRequest: (member: number, request: keyof IomPort) => unknown = () => undefined;

  constructor(
    directory: string,
    members: readonly number[],
    wrap: (directory: DriveDirectory, member: number) => DriveDirectory = (drive) => drive,
    { pagesEach, pools, openDrive, linkTurns }: LocalHostOptions = {},
  ) {
    this.directory = directory;
    this.members = members;
    this.#links = new LocalLinks(linkTurns);
    this.#pools = pools ?? localPools(members, pagesEach);
    this.#ioms = new Map(
      members.map((member) => {
        const pages = this.#pools.get(member)!;
        const open = async (path: string, options: { readonly create: boolean }) =>
          wrap(await (openDrive?.(member) ?? openDirectory(path, options)), member);
        const connect = this.#links.from(member);
        return [member, new Iom({ member, pages, directory: this.drive(member), openDirectory: open, connect })];
      }),
    );
  }

  get pages(): PagePool {
    return this.#pools.get(arrayMember)!;
  }

  /** Pages of the array's thread that were not given back. */
  get pagesInUse(): number {
    return this.pages.pages - this.pages.freePages;
  }

  drive(member: number): string {
    return join(this.directory, memberName(member));
  }

  name(member: number): string {
    return memberName(member);
  }

  iom(member: number): IomPort {
    const iom = this.#ioms.get(member)!;
    return new Proxy(iom, {
      get: (target, name: keyof IomPort) => async (argument: never) => {
        await this.beforeRequest(member, name);
        if (this.#down.has(member)) throw new NodeDownError(memberName(member), 'unknown');
        const answer: unknown = await target[name](argument);
        if (this.#down.has(member)) throw new NodeDownError(memberName(member), 'unknown');
        return answer;
      },
    });
  }

  /** Cut a member off: it answers nothing any more, and the array hears of it. Its drive is let go of. */
  async cutOff(member: number): Promise<void> {
    this.#down.add(member);
    this.#links.cut(member);
    for (const listener of this.#listeners) listener(member, 'is down (killed)');
    await this.#ioms.get(member)!.close();
  }

  onDown(listener: (member: number, why: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The member answers again, as after a restart of its thread: it knows nothing, and its drive is closed. */
  bringBack(member: number): void {
    this.#down.delete(member);
    for (const listener of this.#upListeners) listener(member);
  }

  onUp(listener: (member: number) => void): () => void {
    this.#upListeners.add(listener);
    return () => this.#upListeners.delete(listener);
  }

  /** Tell the array that a member stands still, or goes on. What its requests do meanwhile is up to `beforeRequest`. */
  hush(member: number, silent: boolean): void {
    for (const listener of this.#silenceListeners) listener(member, silent);
  }

  onSilence(listener: (member: number, silent: boolean) => void): () => void {
    this.#silenceListeners.add(listener);
    return () => this.#silenceListeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ioms.values()].map((iom) => iom.close()));
  }
}
