import { z } from 'zod';
import { CommitError, ObjectDirectory, unlessLost } from '../array/object-directory.ts';
import { NoObjectError, ObjectOptionError, TooManyDownError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import type { Geometry } from '../layout/geometry.ts';
import { objectGeometry } from '../layout/object-geometry.ts';
import { objectSpan } from '../layout/placement.ts';
import { type Technique, techniqueOf } from '../layout/technique.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import { BlockLanes } from './block-lanes.ts';
import { BlockObject } from './block-object.ts';
import type { ObjectHost } from './object-host.ts';
import { blockObjectKey, namesGfid, parseGfid, printGfid } from './object-record.ts';

const createSchema = z.strictObject({
  technique: z.string().default('parity'),
});

export interface CreateObjectOptions {
  /** As of objects that are stored whole; `parity`: as many data slots as groups of the array have, and one parity slot. Default `parity`. */
  readonly technique?: Technique | 'parity' | undefined;
}

/** The objects of an array that are written in ranges: the same from the main thread and from every node. */
export class BlockObjects {
  readonly #host: () => Promise<ObjectHost>;
  /** By object, so that handles of one object agree on the order of its writes. */
  readonly #lanes = new Map<number, BlockLanes>();

  /** @internal */
  constructor(host: () => Promise<ObjectHost>) {
    this.#host = host;
  }

  /**
   * Make an object without blocks; resolves when its metadata is durable.
   * @returns its id, 16 hexadecimal digits, never used again.
   * @throws ObjectOptionError, GeometryError, TooManyDownError, ArrayClosedError
   */
  async create(options: CreateObjectOptions = {}): Promise<string> {
    const parsed = createSchema.safeParse(options);
    if (!parsed.success) {
      throw new ObjectOptionError(`Object option: ${parsed.error.issues[0]?.message}.`, 'See CreateObjectOptions.');
    }
    const host = await this.#host();
    const { members } = host;
    const geometry = geometryOf(parsed.data.technique, host);
    await members.steady();
    members.assertWritable();
    const [maker] = members.live;
    if (maker === undefined) throw new TooManyDownError({}, 1);
    const gfid = await members.ask(maker, (iom, epoch) => iom.newGfid({ epoch }));
    await this.#make(host, gfid, geometry);
    return printGfid(gfid);
  }

  /** Record an object without blocks. */
  async #make(host: ObjectHost, gfid: number, geometry: Geometry): Promise<void> {
    const { members } = host;
    const span = objectSpan(gfid, members.members, members.live, geometry);
    if (span === undefined) throw tooManyDown(host, geometry);
    const key = blockObjectKey(gfid);
    const describe = (homes: readonly number[]): ObjectRecord => ({
      type: 'object',
      gfid,
      key,
      bytes: 0,
      geometry,
      span,
      absent: [],
      homes: [...homes],
      epoch: members.epoch,
      storedAtMs: Date.now(),
    });
    // Who has a part in it knows how it lies before anybody can write it; who is down hears of it when it is back.
    const layouts = [{ gfid, ...geometry, span }];
    const there = span.filter((member) => members.live.has(member));
    await Promise.all(
      there.map((member) => unlessLost(members.ask(member, (iom, epoch) => iom.layOut({ epoch, layouts })))),
    );
    try {
      await new ObjectDirectory(members).commit(describe, key);
    } catch (error) {
      throw error instanceof CommitError ? error.cause : error;
    }
  }

  /** Whether there is such an object. */
  async has(gfid: string): Promise<boolean> {
    const number = parseGfid(gfid);
    return number !== undefined && number !== namesGfid && (await this.#record(number)) !== undefined;
  }

  /**
   * Make the object of names, if there is none: for the one who has just opened the array, when nobody else can.
   * @internal
   */
  async makeNames(): Promise<void> {
    const host = await this.#host();
    if ((await this.#record(namesGfid)) === undefined) await this.#make(host, namesGfid, geometryOf('mirror', host));
  }

  /** @internal */
  openNames(): Promise<BlockObject> {
    return this.#open(namesGfid);
  }

  /** The epoch of the view in which objects are asked for now. @internal */
  async epoch(): Promise<number> {
    return (await this.#host()).members.epoch;
  }

  /**
   * Remove an object; false when there was none. Resolves when no crash can bring it back. Whoever still writes it is refused
   * with HF_CLAIMED.
   * @throws TooManyDownError, ArrayClosedError
   */
  async remove(gfid: string): Promise<boolean> {
    const number = parseGfid(gfid);
    if (number === undefined || number === namesGfid) return false;
    const host = await this.#host();
    const { members } = host;
    await members.steady();
    members.assertWritable();
    const directory = new ObjectDirectory(members);
    const versions = await directory.versions(blockObjectKey(number));
    const [newest] = versions;
    if (newest === undefined) return false;
    // Nobody writes it any more, and nothing of it is under way, when its blocks are given up.
    const token = await new BlockObject(host, newest.record, new BlockLanes()).claim();
    await directory.forget(versions);
    const holders = newest.record.span.filter((member) => members.live.has(member));
    const gfids = [number];
    const give = async (iom: IomPort, epoch: number) => {
      await iom.drop({ epoch, gfids });
      // The claim went with the rest: without it a late writer would begin the object anew.
      await iom.claim({ epoch, gfid: number, token });
    };
    await Promise.all(holders.map((member) => unlessLost(members.ask(member, give))));
    this.#lanes.delete(number);
    return true;
  }

  /** @throws NoObjectError, ArrayClosedError */
  async open(gfid: string): Promise<BlockObject> {
    const number = parseGfid(gfid);
    if (number === undefined || number === namesGfid) throw new NoObjectError(`${gfid}`);
    return this.#open(number);
  }

  async #record(number: number): Promise<ObjectRecord | undefined> {
    const { members } = await this.#host();
    return new ObjectDirectory(members).newest(blockObjectKey(number));
  }

  async #open(number: number): Promise<BlockObject> {
    const host = await this.#host();
    const record = await this.#record(number);
    if (record === undefined) throw new NoObjectError(printGfid(number));
    let lanes = this.#lanes.get(number);
    if (lanes === undefined) {
      lanes = new BlockLanes();
      this.#lanes.set(number, lanes);
    }
    return new BlockObject(host, record, lanes);
  }
}

/** @throws GeometryError */
function geometryOf(technique: string, { data, unitBlocks, members }: ObjectHost): Geometry {
  const array: Geometry = { data, parity: 1, unitBlocks };
  return technique === 'parity' ? array : objectGeometry(technique as Technique, array, members);
}

function tooManyDown({ members, name }: ObjectHost, geometry: Geometry): TooManyDownError {
  const down = [...members.lost].map(([member, why]) => [name(member), why]);
  return new TooManyDownError(Object.fromEntries(down), geometry.parity, techniqueOf(geometry));
}
