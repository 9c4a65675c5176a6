import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HoldfastError, NodeDownError } from '../../src/errors.ts';
import { errorAggregateMax, errorDepthMax, errorStackBytesMax } from '../../src/limits.ts';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { registerErrorClass } from '../../src/service/error-classes.ts';
import { packThrown, unpackThrown } from '../../src/service/error-wire.ts';
import { RemoteError, SchemaError } from '../../src/service/errors.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

const Thrower = defineService('thrower', { fail: rpc({ in: z.string() }) });

/** What a caller gets when a handler throws this, at once and later. */
async function thrownBack(thrown: unknown): Promise<unknown[]> {
  await threads.deploy(
    0,
    Thrower.implement(() => ({
      fail: (how) => {
        if (how === 'now') throw thrown;
        return Promise.reject(thrown);
      },
    })),
  );
  const thrower = threads.at(mainSlot).client.service(Thrower);
  const caught = async (how: string): Promise<unknown> => {
    try {
      await thrower.fail(how);
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };
  return [await caught('now'), await caught('later')];
}

function there(thrown: unknown): unknown {
  return unpackThrown(packThrown(thrown));
}

class PaymentError extends Error {
  override name = 'PaymentError';
  readonly code = 'E_PAYMENT';
  readonly amount: number;
  constructor(amount: number) {
    super(`cannot pay ${amount}`);
    this.amount = amount;
  }
  describe(): string {
    return `${this.code} over ${this.amount}`;
  }
}

class SecretError extends Error {
  readonly #secret: string;
  readonly hint: string;
  constructor(message: string, secret = 'none') {
    super(message);
    this.#secret = secret;
    this.hint = 'ask';
  }
  reveal(): string {
    return this.#secret;
  }
}

describe('what a handler throws', () => {
  it('arrives as its class, with message, code, own properties, cause and stack', async () => {
    const cause = new RangeError('deep', { cause: { at: 5 } });
    const error = Object.assign(new TypeError('broken', { cause }), { code: 'E_BROKEN', detail: new Map([['a', 1]]) });
    for (const caught of await thrownBack(error)) {
      expect(caught).toBeInstanceOf(TypeError);
      expect(caught).toMatchObject({ message: 'broken', code: 'E_BROKEN', detail: new Map([['a', 1]]) });
      const { cause: inner, stack } = caught as Error;
      expect(inner).toBeInstanceOf(RangeError);
      expect((inner as Error).cause).toEqual({ at: 5 });
      expect(stack).toBe(error.stack);
      expect(Object.keys(caught as object)).toEqual(['code', 'detail']);
    }
  });

  it('arrives as itself when it is no error', async () => {
    for (const thrown of ['text', 42, null, undefined, { some: ['data'] }]) {
      expect(await thrownBack(thrown)).toEqual([thrown, thrown]);
      threads.forget(0);
    }
  });

  it('arrives as an error even when it cannot travel', async () => {
    const unsendable = [
      Symbol('s'),
      () => 1,
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
    ];
    for (const thrown of unsendable) {
      const [caught] = await thrownBack(thrown);
      expect(caught).toBeInstanceOf(RemoteError);
      threads.forget(0);
    }
  });
});

describe('errors on the wire', () => {
  it('of Holdfast revive as such', () => {
    const down = there(new NodeDownError('n3', 'not-sent', { cause: new Error('exit') }));
    expect(down).toBeInstanceOf(NodeDownError);
    expect(down).toBeInstanceOf(HoldfastError);
    expect(down).toMatchObject({
      name: 'NodeDownError',
      code: 'HF_NODE_DOWN',
      outcome: 'not-sent',
      retryable: true,
      node: 'n3',
    });
    const schema = there(new SchemaError('x', [{ code: 'custom', path: ['a', 0], message: 'bad' }]));
    expect(schema).toBeInstanceOf(SchemaError);
    expect((schema as SchemaError).issues).toEqual([{ code: 'custom', path: ['a', 0], message: 'bad' }]);
  });

  it('keep the names of the built-in classes', () => {
    for (const BuiltIn of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const revived = there(new BuiltIn('x'));
      expect(revived).toBeInstanceOf(BuiltIn);
      expect(Object.getPrototypeOf(revived)).toBe(BuiltIn.prototype);
    }
    const aborted = there(new DOMException('stop', 'AbortError'));
    expect(aborted).toBeInstanceOf(DOMException);
    expect(aborted).toMatchObject({ name: 'AbortError', message: 'stop' });
  });

  it('of unknown classes arrive as the nearest known one, under their own name', () => {
    const revived = there(new PaymentError(7));
    expect(revived).toBeInstanceOf(Error);
    expect(revived).not.toBeInstanceOf(PaymentError);
    expect(revived).toMatchObject({ name: 'PaymentError', code: 'E_PAYMENT', amount: 7, message: 'cannot pay 7' });
    class Special extends TypeError {}
    expect(there(new Special('x'))).toBeInstanceOf(TypeError);
  });

  it('of registered classes revive as them, with their methods', () => {
    registerErrorClass(PaymentError);
    const revived = there(new PaymentError(9)) as PaymentError;
    expect(revived).toBeInstanceOf(PaymentError);
    expect(revived.describe()).toBe('E_PAYMENT over 9');
    registerErrorClass(SecretError, (message) => new SecretError(message, 'revived'));
    const secret = there(new SecretError('x', 'lost')) as SecretError;
    expect(secret.reveal()).toBe('revived');
  });

  it('keep aggregated errors and chains of causes, within bounds', () => {
    const many = new AggregateError(
      Array.from({ length: errorAggregateMax + 5 }, (_, n) => new RangeError(`${n}`)),
      'many',
    );
    const revived = there(many) as AggregateError;
    expect(revived).toBeInstanceOf(AggregateError);
    expect(revived.errors).toHaveLength(errorAggregateMax);
    expect(revived.errors[3]).toBeInstanceOf(RangeError);
    let chain = new Error('end');
    for (let i = 0; i < 40; i++) chain = new Error(`level ${i}`, { cause: chain });
    let depth = 0;
    for (let at = there(chain) as Error | undefined; at !== undefined; at = at.cause as Error | undefined) depth += 1;
    expect(depth).toBe(errorDepthMax + 1);
    const loop = new Error('loop');
    loop.cause = loop;
    expect((there(loop) as Error).message).toBe('loop');
  });

  it('lose only the properties that cannot travel', () => {
    const error = Object.assign(new Error('mixed'), {
      good: 1,
      bad: () => 1,
      worse: Symbol('x'),
      big: 'x'.repeat(10 ** 6),
    });
    Object.defineProperty(error, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('trap');
      },
    });
    Object.defineProperty(error, '__proto__', { enumerable: true, value: { polluted: true } });
    const revived = there(error) as Error & Record<string, unknown>;
    expect(Object.keys(revived)).toEqual(['good']);
    expect(revived.message).toBe('mixed');
    expect((revived as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('survive getters that throw, odd prototypes and endless stacks', () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error('no message');
      }
    }
    expect((there(new Hostile()) as Error).message).toBe('something without text');
    const bare = Object.setPrototypeOf(new Error('bare'), null) as Error;
    expect(there(bare)).toBeInstanceOf(Error);
    const long = new Error('long');
    long.stack = 'x'.repeat(errorStackBytesMax * 3);
    expect((there(long) as Error).stack).toHaveLength(errorStackBytesMax);
  });

  it('are refused with HF_CODEC when the bytes describe none', () => {
    for (const bytes of [Uint8Array.of(), Uint8Array.of(0xc0), Uint8Array.of(1, 2, 3), new Uint8Array(50).fill(0x81)]) {
      expect(() => unpackThrown(bytes)).toThrow(/HF_CODEC|message/);
    }
  });
});
