import { type Codec, codecOf } from '../codec/codec.ts';
import type { ActiveCall } from './active-call.ts';
import type { DeclaredService } from './define-service.ts';
import { DefinitionError } from './errors.ts';
import { firstGuessBytes } from './room-guess.ts';
import type { CallContext, RpcMember, ServiceDiagnostics, StreamMember } from './types.ts';
import { Validator } from './validation.ts';

/** One member of a service in this thread: its handler, and the calls that wait for it when it is serial. */
export class HostedMember {
  readonly service: HostedService;
  readonly label: string;
  readonly declared: RpcMember | StreamMember;
  readonly serial: boolean;
  readonly handler: (input: unknown, call: CallContext) => unknown;
  readonly input: Codec;
  readonly output: Codec;
  /** What an answer's frame took lately. */
  bytesLikely: number = firstGuessBytes;
  /** Serial members only: calls not yet started, and the one that runs. */
  readonly queue: ActiveCall[] = [];
  running: ActiveCall | undefined = undefined;
  runningNumber = 0;
  readonly #inputs: Validator;
  readonly #outputs: Validator;

  constructor(
    service: HostedService,
    name: string,
    declared: RpcMember | StreamMember,
    handler: (input: unknown, call: CallContext) => unknown,
  ) {
    this.service = service;
    this.label = `${service.name}.${name}`;
    this.declared = declared;
    this.serial = declared.kind === 'rpc' && declared.serial;
    this.handler = handler;
    this.#inputs = new Validator(declared.in, `The input of ${this.label}`);
    this.#outputs = new Validator(declared.out, `The output of ${this.label}`);
    this.input = codecOf(declared.in, 'input');
    this.output = codecOf(declared.out, 'output');
  }

  admit(input: unknown): unknown {
    return this.#inputs.check(input);
  }

  /** Outputs are checked here, where the handler is, and travel as the schema made them. */
  release(output: unknown): unknown {
    return this.#outputs.check(output);
  }
}

/** What `implement` made: a function per member, and perhaps how to let go. */
type HandlerObject = Partial<AsyncDisposable & Disposable>;

/** A service deployed in this thread. */
export class HostedService {
  readonly id: number;
  readonly name: string;
  readonly members: readonly HostedMember[];
  readonly mailboxMax: number;
  /** False once it is being undeployed: it finishes what it has and takes nothing new. */
  accepting = true;
  /** Calls accepted and not yet answered. */
  depth = 0;
  streamsOpen = 0;
  callsTotal = 0;
  callsRejected = 0;
  readonly #handlers: HandlerObject;
  #idle: PromiseWithResolvers<void> | undefined;
  #readMs = performance.now();
  #readCalls = 0;

  constructor(id: number, definition: DeclaredService, handlers: HandlerObject, mailboxMax: number) {
    this.id = id;
    this.name = definition.name;
    this.mailboxMax = mailboxMax;
    this.#handlers = handlers;
    this.members = Object.entries(definition.members).map(
      ([name, member]) => new HostedMember(this, name, member, handlerOf(definition.name, handlers, name)),
    );
  }

  /** One call or stream less; wakes whoever waits for the last one. */
  leave(): void {
    if (this.depth > 0 || this.streamsOpen > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    if (this.depth === 0 && this.streamsOpen === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  async dispose(): Promise<void> {
    const handlers = this.#handlers;
    if (handlers[Symbol.asyncDispose] !== undefined) await handlers[Symbol.asyncDispose]?.();
    else handlers[Symbol.dispose]?.();
  }

  diagnostics(): ServiceDiagnostics {
    const nowMs = performance.now();
    const seconds = Math.max((nowMs - this.#readMs) / 1000, 1e-6);
    const callsPerSecond = (this.callsTotal - this.#readCalls) / seconds;
    this.#readMs = nowMs;
    this.#readCalls = this.callsTotal;
    return {
      name: this.name,
      deploymentId: this.id,
      mailboxDepth: this.depth,
      mailboxMax: this.mailboxMax,
      streamsOpen: this.streamsOpen,
      callsTotal: this.callsTotal,
      callsRejected: this.callsRejected,
      callsPerSecond,
    };
  }
}

function handlerOf(
  service: string,
  handlers: HandlerObject,
  name: string,
): (input: unknown, call: CallContext) => unknown {
  const handler: unknown = Reflect.get(handlers, name);
  if (typeof handler === 'function') return handler.bind(handlers) as (input: unknown, call: CallContext) => unknown;
  throw new DefinitionError(
    `The implementation of ${service} has no handler ${name}.`,
    'Return one function per member from implement().',
  );
}
