import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, expect, test, vi } from 'vitest';
import { showBytes, showCount, showMany, showStamp } from '../../src/terminal/figures.ts';
import { ProgressBar } from '../../src/terminal/progress.ts';
import { Terminal, type TerminalStream } from '../../src/terminal/terminal.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

function stream(isTTY: boolean, columns = 80): TerminalStream & PassThrough {
  return Object.assign(new PassThrough(), { isTTY, columns });
}

function printed(from: PassThrough): string {
  return String(from.read() ?? '');
}

test('figures are short and aligned', () => {
  expect([0, 1023, 1024, 1536 * 1024, 3 * 2 ** 30].map(showBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 MiB',
    '3.0 GiB',
  ]);
  expect(showCount(1234567)).toBe('1\u202f234\u202f567');
  expect([showMany(1, 'file'), showMany(2, 'file'), showMany(2, 'entry', 'entries')]).toEqual([
    '1 file',
    '2 files',
    '2 entries',
  ]);
  expect([showStamp(40), showStamp(123_456)]).toEqual(['   0.0 s', ' 123.5 s']);
});

test('without a terminal there is no status line and no colour', () => {
  vi.stubEnv('FORCE_COLOR', undefined);
  const out = stream(false);
  const terminal = new Terminal(out);
  using bar = new ProgressBar(terminal, 'storing', { bytes: 10, files: 1 });
  bar.bytes = 5;
  terminal.line(terminal.style('red', 'plain'));
  expect(printed(out)).toBe('plain\n');
});

test('with a terminal the status line is redrawn below the lines, and goes away', () => {
  const out = stream(true);
  const terminal = new Terminal(out);
  terminal.status('half done');
  terminal.line('an event');
  terminal.status('');
  expect(printed(out)).toBe('\r\u001b[2Khalf done\r\u001b[2Kan event\nhalf done\r\u001b[2K');
});

test('a status line never wraps', () => {
  const out = stream(true, 20);
  new Terminal(out).status('x'.repeat(50));
  expect(printed(out)).toBe(`\r\u001b[2K${'x'.repeat(18)}…`);
});

test('NO_COLOR is obeyed on a terminal', () => {
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', '1');
  const { getColorDepth } = WriteStream.prototype;
  const terminal = new Terminal(Object.assign(stream(true), { getColorDepth }));
  expect(terminal.style('red', 'text')).toBe('text');
});

test('a reader that goes away ends the output, not the program', () => {
  const out = stream(false);
  const terminal = new Terminal(out);
  out.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
  terminal.line('nobody reads this');
  expect(printed(out)).toBe('');
});
