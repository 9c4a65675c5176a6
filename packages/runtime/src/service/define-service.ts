import type { z } from 'zod';
import { definitionNameCharsMax, serviceMembersMax, streamCreditDefault, streamCreditMax } from '../limits.ts';
import type { MemberContext } from '../node/types.ts';
import { DefinitionError } from './errors.ts';
import type {
  ImplementationSettings,
  NoInput,
  RpcMember,
  ServiceHandlers,
  ServiceMembers,
  StreamMember,
  StreamOverflow,
} from './types.ts';

/** Makes the handlers of one instance, on the node it runs on. `options` is what `cluster.deploy` was given. */
export type ServiceSetup<M extends ServiceMembers> = (
  context: MemberContext,
  options: unknown,
) => ServiceHandlers<M> | Promise<ServiceHandlers<M>>;

/** The default export of a service module. */
export interface ServiceImplementation<M extends ServiceMembers = ServiceMembers> {
  readonly definition: ServiceDefinition<M>;
  readonly setup: ServiceSetup<M>;
  readonly settings: ImplementationSettings;
}

/** A declared service, whatever its members. */
export interface DeclaredService {
  readonly name: string;
  readonly members: ServiceMembers;
  /** In the order of declaration: a member's place is its number on the wire. */
  readonly memberNames: readonly string[];
}

/** An implementation, whatever its service. */
export interface AnyImplementation {
  readonly definition: DeclaredService;
  readonly setup: (context: MemberContext, options: unknown) => object | Promise<object>;
  readonly settings: ImplementationSettings;
}

/** The contract of a service: shared by the module that implements it and by its callers. */
export interface ServiceDefinition<M extends ServiceMembers = ServiceMembers> {
  readonly name: string;
  readonly members: M;
  readonly memberNames: readonly string[];
  /** @throws DefinitionError (HF_DEFINITION) for settings that cannot be used. */
  implement(setup: ServiceSetup<M>, settings?: ImplementationSettings): ServiceImplementation<M>;
}

/** A request with one answer. A member without `in` takes no input, one without `out` answers with nothing. */
export function rpc<In extends z.ZodType = NoInput, Out extends z.ZodType = NoInput>(declaration: {
  readonly in?: In;
  readonly out?: Out;
  /** Handlers run one at a time, in order of arrival. @default false */
  readonly serial?: boolean;
}): RpcMember<In, Out> {
  return { kind: 'rpc', in: declaration.in, out: declaration.out, serial: declaration.serial ?? false };
}

/** A request answered by many values. */
export function stream<Out extends z.ZodType, In extends z.ZodType = NoInput>(declaration: {
  readonly in?: In;
  readonly out: Out;
  /** Values the producer may send ahead of the consumer. @default 64 */
  readonly credit?: number;
  /** Values kept at the producer when the credit is used up. @default 4 times the credit */
  readonly bufferValues?: number;
  /** What happens to the next one. @default 'error' */
  readonly overflow?: StreamOverflow;
}): StreamMember<In, Out> {
  const credit = declaration.credit ?? streamCreditDefault;
  const bufferValues = declaration.bufferValues ?? credit * 4;
  if (!Number.isInteger(credit) || credit < 1 || credit > streamCreditMax) {
    throw new DefinitionError(`A stream's credit is ${credit}.`, `Use a whole number from 1 to ${streamCreditMax}.`);
  }
  if (!Number.isInteger(bufferValues) || bufferValues < 0 || bufferValues > streamCreditMax * 4) {
    throw new DefinitionError(
      `A stream's bufferValues is ${bufferValues}.`,
      `Use a whole number from 0 to ${streamCreditMax * 4}.`,
    );
  }
  return {
    kind: 'stream',
    in: declaration.in,
    out: declaration.out,
    credit,
    bufferValues,
    overflow: declaration.overflow ?? 'error',
  };
}

/**
 * Declare a service: its name in the directory and its members with their schemas.
 * @throws DefinitionError (HF_DEFINITION) for a name or a member that cannot be used.
 */
export function defineService<const M extends ServiceMembers>(name: string, members: M): ServiceDefinition<M> {
  checkName('service', name);
  const memberNames = Object.keys(members);
  if (memberNames.length > serviceMembersMax) {
    throw new DefinitionError(
      `Service ${name} has ${memberNames.length} members.`,
      `A service may have ${serviceMembersMax}: split it.`,
    );
  }
  for (const member of memberNames) checkName('member', member);
  const definition: ServiceDefinition<M> = {
    name,
    members,
    memberNames,
    implement: (setup, settings = {}) => ({ definition, setup, settings: checkedSettings(settings) }),
  };
  return Object.freeze(definition);
}

function checkedSettings(settings: ImplementationSettings): ImplementationSettings {
  const { mailboxMax } = settings;
  if (mailboxMax === undefined || (Number.isInteger(mailboxMax) && mailboxMax >= 1)) return settings;
  throw new DefinitionError(`A service's mailboxMax is ${mailboxMax}.`, 'Use a whole number from 1.');
}

/** A proxy with a member named `then` would be taken for a promise, and one named `__proto__` for no member at all. */
const reservedNames = new Set(['then', '__proto__', 'constructor', 'prototype']);

function checkName(what: string, name: string): void {
  if (
    typeof name === 'string' &&
    name.length > 0 &&
    name.length <= definitionNameCharsMax &&
    !reservedNames.has(name)
  ) {
    return;
  }
  throw new DefinitionError(
    `${JSON.stringify(name)} cannot be the name of a ${what}.`,
    `Use 1 to ${definitionNameCharsMax} characters, and none of ${[...reservedNames].join(', ')}.`,
  );
}
