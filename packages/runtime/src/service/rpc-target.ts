import { type Codec, codecOf } from '../codec/codec.ts';
import type { MemberName } from '../member.ts';
import type { DeclaredService } from './define-service.ts';
import type { DirectoryEntry, ServiceDirectory } from './directory.ts';
import { DefinitionMismatchError, UnknownServiceError } from './errors.ts';
import { firstGuessBytes } from './room-guess.ts';
import { schemaHash } from './schema-hash.ts';
import type { RpcMember, StreamMember } from './types.ts';
import { Validator } from './validation.ts';

/** Where the instances of one service are, as one proxy sees it. */
export class ServiceTarget {
  readonly name: string;
  readonly #schemaHash: string;
  readonly #directory: ServiceDirectory;
  readonly #ready: (slot: number) => boolean;
  #instances: readonly DirectoryEntry[] = [];
  /** Instances that were deployed with another definition. */
  #strangers: ReadonlySet<DirectoryEntry> = new Set();
  #byNode: ReadonlyMap<MemberName, DirectoryEntry> = new Map();
  #version = -1;
  #turn = 0;

  constructor(definition: DeclaredService, directory: ServiceDirectory, ready: (slot: number) => boolean) {
    this.name = definition.name;
    this.#schemaHash = schemaHash(definition);
    this.#directory = directory;
    this.#ready = ready;
  }

  instances(): readonly DirectoryEntry[] {
    if (this.#version !== this.#directory.version) {
      this.#instances = this.#directory.instances(this.name);
      this.#strangers = new Set(this.#instances.filter(({ schemaHash }) => schemaHash !== this.#schemaHash));
      this.#byNode = new Map(this.#instances.map((instance) => [instance.node, instance]));
      this.#version = this.#directory.version;
    }
    return this.#instances;
  }

  /**
   * The instance on `node`; without one, the next in turn that can be reached at once, or else just the next.
   * @throws UnknownServiceError, DefinitionMismatchError
   */
  pick(node: MemberName | undefined): DirectoryEntry {
    const instances = this.instances();
    const instance = node === undefined ? this.#next(instances) : this.#byNode.get(node);
    if (instance === undefined) {
      throw new UnknownServiceError(this.name, node === undefined ? {} : { node });
    }
    if (this.#strangers.size > 0 && this.#strangers.has(instance)) {
      throw new DefinitionMismatchError(this.name, instance.node);
    }
    return instance;
  }

  #next(instances: readonly DirectoryEntry[]): DirectoryEntry | undefined {
    const count = instances.length;
    if (count <= 1) return instances[0];
    for (let step = 0; step < count; step++) {
      const instance = instances[(this.#turn + step) % count]!;
      if (!this.#ready(instance.slot)) continue;
      this.#turn = (this.#turn + step + 1) % count;
      return instance;
    }
    this.#turn = (this.#turn + 1) % count;
    return instances[this.#turn];
  }
}

/** One member of a service, ready to be called. */
export class RpcTarget {
  readonly service: ServiceTarget;
  /** `service.member`, for messages. */
  readonly label: string;
  readonly member: number;
  readonly input: Codec;
  readonly output: Codec;
  /** What a call's frame took lately, so that most frames fit the room asked for. */
  bytesLikely: number = firstGuessBytes;
  readonly #validator: Validator;

  constructor(service: ServiceTarget, name: string, member: number, declared: RpcMember | StreamMember) {
    this.service = service;
    this.label = `${service.name}.${name}`;
    this.member = member;
    this.#validator = new Validator(declared.in, `The input of ${this.label}`);
    this.input = codecOf(declared.in, 'input');
    this.output = codecOf(declared.out, 'output');
  }

  /** What to encode for an input: what the schema made of it when that says the same, else the input itself. */
  admit(input: unknown): unknown {
    const parsed = this.#validator.check(input);
    return this.input.plain ? parsed : input;
  }
}
