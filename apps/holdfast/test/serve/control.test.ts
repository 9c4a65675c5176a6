import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { HoldfastError } from '@holdfast/runtime/errors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { randomNumbers } from '../../src/demo/ledger-oracle.ts';
import { controlLineBytesMax } from '../../src/limits.ts';
import { ask, askOnce } from '../../src/serve/control-client.ts';
import { type ControlHandler, ControlServer } from '../../src/serve/control-server.ts';
import { removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';

let storage: string;

beforeEach(() => {
  storage = scratchDirectory('control');
});

afterEach(() => removeDirectory(storage));

/** Keeps objects in memory, and fails on request. */
class Shelf implements ControlHandler {
  readonly objects = new Map<string, Buffer>();

  async *answer(...[request, body]: Parameters<ControlHandler['answer']>): AsyncGenerator<unknown, unknown, undefined> {
    switch (request.verb) {
      case 'status':
        return { served: true };
      case 'ls':
        yield* this.objects.keys();
        return { objects: this.objects.size };
      case 'put': {
        if (request.key === 'refused') throw new HoldfastError('HF_TEST', 'Refused.', { hint: 'Take another key.' });
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        this.objects.set(request.key, Buffer.concat(chunks));
        return { bytes: this.objects.get(request.key)?.length ?? 0 };
      }
      case 'get': {
        const bytes = this.objects.get(request.key) ?? Buffer.alloc(0);
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536).toString('base64');
        return { bytes: bytes.length };
      }
      default:
        throw new TypeError('a bug');
    }
  }
}

async function connected(): Promise<Socket> {
  const socket = createConnection(join(storage, 'control.sock'));
  await once(socket, 'connect');
  return socket;
}

async function everything(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('answers a request, and the socket is private and gone afterwards', async () => {
  const server = await ControlServer.listen(storage, new Shelf());
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
  expect(statSync(server.path).mode & 0o777).toBe(0o600);
  await server[Symbol.asyncDispose]();
  expect(existsSync(server.path)).toBe(false);
  await expect(askOnce(storage, { verb: 'status' })).rejects.toMatchObject({ code: 'HF_CONTROL' });
});

test('bytes put come back by get, whatever they are', async () => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  const bytes = Buffer.from(Array.from({ length: 500_000 }, (_, index) => (index * 7919) % 256));
  const chunks = async function* () {
    yield bytes.subarray(0, 300_001);
    yield bytes.subarray(300_001);
  };
  expect(await askOnce(storage, { verb: 'put', key: 'k' }, chunks())).toEqual({ bytes: bytes.length });
  const back: Buffer[] = [];
  for await (const item of ask(storage, { verb: 'get', key: 'k' })) back.push(Buffer.from(String(item), 'base64'));
  expect(Buffer.concat(back).equals(bytes)).toBe(true);
  const keys: unknown[] = [];
  for await (const item of ask(storage, { verb: 'ls' })) keys.push(item);
  expect(keys).toEqual(['k']);
});

test('a refusal keeps its code and says its hint once', async () => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  const error = await askOnce(storage, { verb: 'put', key: 'refused' }, chunksOf(2_000_000)).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'HF_TEST', message: 'Refused. Take another key.', hint: 'Take another key.' });
});

test('an unexpected failure is answered, and the server goes on', async () => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  await expect(askOnce(storage, { verb: 'rm', key: 'k' })).rejects.toMatchObject({ code: 'HF_INTERNAL' });
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
});

test('a client that breaks off a put leaves no object', async () => {
  const shelf = new Shelf();
  await using _server = await ControlServer.listen(storage, shelf);
  const broken = async function* () {
    yield Buffer.alloc(1000);
    throw new Error('the source failed');
  };
  await expect(askOnce(storage, { verb: 'put', key: 'half' }, broken())).rejects.toThrow();
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
  expect(shelf.objects.has('half')).toBe(false);
});

test.each([
  ['no JSON', 'hello\n'],
  ['an unknown verb', '{"v":1,"id":1,"verb":"format"}\n'],
  ['another version', '{"v":2,"id":1,"verb":"status"}\n'],
  ['a field too many', '{"v":1,"id":1,"verb":"status","more":1}\n'],
  ['a bad node name', '{"v":1,"id":1,"verb":"kill","node":"../n1"}\n'],
  ['a body that is no base64', '{"v":1,"id":1,"verb":"put","key":"k"}\n{"data":"%%"}\n'],
  ['a body that is no JSON', '{"v":1,"id":1,"verb":"put","key":"k"}\nnothing\n'],
])('%s is answered with a typed error and hung up on', async (_, text) => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  const socket = await connected();
  socket.write(text);
  const reply = JSON.parse(await everything(socket));
  expect(reply).toMatchObject({ id: null, ok: false, error: { code: 'HF_PROTOCOL' } });
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
});

test('whatever is sent is answered line by line with a code or hung up on, and the server goes on', async () => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  const requests = [
    '{"v":1,"id":1,"verb":"status"}',
    '{"v":1,"id":2,"verb":"put","key":"k"}',
    '{"data":"AAAA"}',
    '{"end":true}',
  ];
  for (let seed = 1; seed <= 80; seed++) {
    const random = randomNumbers(seed);
    const bytes = Buffer.from(`${Array.from({ length: 1 + random(5) }, () => requests[random(4)]).join('\n')}\n`);
    for (let flips = random(6); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
    const socket = await connected();
    socket.on('error', () => {});
    for (let at = 0; at < bytes.length; ) {
      const next = at + 1 + random(bytes.length);
      socket.write(bytes.subarray(at, next));
      at = next;
    }
    socket.end();
    for (const line of (await everything(socket)).split('\n').filter((text) => text !== '')) {
      const reply = JSON.parse(line);
      const isCode = reply.ok === true || /^HF_(PROTOCOL|TEST)$/.test(reply.error.code);
      expect({ seed, line, isCode }).toEqual({ seed, line, isCode: true });
    }
  }
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
});

test('garbage without a line end is cut off at the bound', async () => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  const socket = await connected();
  socket.on('error', () => {});
  socket.write(Buffer.alloc(controlLineBytesMax + 2, 'x'));
  expect(await everything(socket)).toContain('HF_PROTOCOL');
});

test('a second server is refused while the first one lives', async () => {
  await using _server = await ControlServer.listen(storage, new Shelf());
  await expect(ControlServer.listen(storage, new Shelf())).rejects.toThrow(/serves .* already\. Ask it with/);
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
});

test('the socket of a process that was killed is replaced', async () => {
  const script = `import { ControlServer } from ${JSON.stringify(import.meta.resolve('../../src/serve/control-server.ts'))};
    await ControlServer.listen(${JSON.stringify(storage)}, { answer() {} });
    console.log('up');`;
  const child = spawn(process.execPath, ['-C', 'holdfast-src', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(ControlServer.listen(storage, new Shelf())).rejects.toMatchObject({ code: 'HF_CONTROL' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(readdirSync(storage)).toContain('control.sock');
  await using _server = await ControlServer.listen(storage, new Shelf());
  expect(await askOnce(storage, { verb: 'status' })).toEqual({ served: true });
});

test.runIf(process.platform === 'linux')('a path longer than a socket address is served all the same', async () => {
  const deep = join(storage, 'x'.repeat(120), 'y'.repeat(120));
  mkdirSync(deep, { recursive: true });
  const server = await ControlServer.listen(deep, new Shelf());
  expect(await askOnce(deep, { verb: 'status' })).toEqual({ served: true });
  expect(readdirSync(deep)).toContain('control.sock');
  expect(statSync(server.path).mode & 0o777).toBe(0o600);
  await server[Symbol.asyncDispose]();
  expect(readdirSync(deep)).not.toContain('control.sock');
});

async function* chunksOf(bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes; at += 65_536) yield Buffer.alloc(Math.min(65_536, bytes - at));
}
