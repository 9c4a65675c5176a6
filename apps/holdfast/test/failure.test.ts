import {
  BadKeyError,
  DriveInUseError,
  ForeignDriveError,
  GeometryError,
  MaybeOldError,
  NewerFormatError,
  NoArrayError,
  NoObjectError,
  NoSpaceError,
  ObjectLostError,
  TooManyDownError,
} from '@holdfast/raid';
import { UnknownNodeError } from '@holdfast/runtime';
import type { HoldfastError } from '@holdfast/runtime/errors';
import { expect, test } from 'vitest';
import { ControlProtocolError, RemoteError, UsageError } from '../src/errors.ts';
import { reportFailure } from '../src/failure.ts';

const lost = [{ group: 1, start: 0, bytes: 5, slots: [{ slot: 0, node: 'n1', why: 'down' as const }] }];

test.each<[HoldfastError, number]>([
  [new UsageError('That makes no sense.', 'Say it otherwise.'), 2],
  [new BadKeyError('is empty'), 2],
  [new GeometryError('There is no technique "raid5".', 'Use another.'), 2],
  [new UnknownNodeError('n9'), 2],
  [new NoObjectError('k'), 1],
  [new ObjectLostError('k', lost), 1],
  [new TooManyDownError({ n1: 'is not there', n2: 'is not there' }, 1), 1],
  [new MaybeOldError(['n1']), 1],
  [new NewerFormatError('drives/n1', 'format 2'), 1],
  [new ForeignDriveError('drives/n1', 'belongs to another array'), 1],
  [new DriveInUseError('drives/n1'), 1],
  [new NoArrayError('drives'), 1],
  [new NoSpaceError('drives/n1'), 1],
  [ControlProtocolError.hungUp(), 1],
])('%s has an exit code, also when another process says it', (error, exitCode) => {
  for (const said of [error, new RemoteError(error.code, error.message, error.hint)]) {
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) > 0 };
    expect(reportFailure({ stdout: stream, stderr: stream } as never, said, true)).toBe(exitCode);
    expect(JSON.parse(written[0]!)).toMatchObject({ error: { code: error.code, hint: error.hint, exitCode } });
    expect(written[1]).toMatch(/^holdfast: .+\.\n$/s);
    // What to do is said once.
    expect(written[1]!.split(error.hint)).toHaveLength(2);
  }
});

test('what is no failure of ours is said to be a bug, with where it happened', () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) > 0 };
  expect(reportFailure({ stdout: stream, stderr: stream } as never, new TypeError('x is not a function'), false)).toBe(
    1,
  );
  expect(written.join('')).toMatch(/This is a bug[\s\S]*at /);
});
