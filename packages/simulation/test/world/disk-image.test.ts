import { Decoder, Encoder } from '@holdfast/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badBlock, DiskImage, type DiskRequest } from '../../src/index.ts';

const request = (kind: DiskRequest['kind'], address = 0, value = 0): DiskRequest => ({
  kind,
  part: 0,
  op: 0,
  address,
  value,
});

function perform(disk: DiskImage, kind: DiskRequest['kind'], address = 0, value = 0) {
  disk.submit(request(kind, address, value));
  return disk.complete(disk.pending.length - 1, 'ok').result;
}

const none = () => false;
const readBlock = (disk: DiskImage, address: number) => perform(disk, 'read', address, 1).blocks[0];

describe('DiskImage', () => {
  it('keeps what was flushed through any crash, whatever the order of operations', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), address: fc.nat(3), value: fc.integer({ min: 1, max: 99 }) }),
      fc.record({ kind: fc.constant('flush' as const), address: fc.constant(0), value: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer(), (steps, mask) => {
        const disk = new DiskImage();
        const written = new Map<number, number>();
        let durable = new Map<number, number>();
        for (const { kind, address, value } of steps) {
          perform(disk, kind, address, value);
          if (kind === 'write') written.set(address, value);
          else durable = new Map(written);
          expect(readBlock(disk, address)).toBe(written.get(address) ?? 0);
        }
        const before = [...disk.cache];
        disk.crash((write) => ((mask >>> (write % 32)) & 1) === 1, none);
        for (let address = 0; address <= 3; address++) {
          const later = before.filter((write) => write.address === address).map(({ payload }) => payload);
          expect([durable.get(address) ?? 0, ...later]).toContain(readBlock(disk, address));
        }
        expect(disk.cache).toEqual([]);
      }),
    );
  });

  it('does not cover with a flush what completed after the flush was asked for', () => {
    const disk = new DiskImage();
    perform(disk, 'write', 1, 10);
    disk.submit(request('flush'));
    disk.submit(request('write', 2, 20));
    disk.complete(1, 'ok');
    disk.complete(0, 'ok');
    disk.crash(none, none);
    expect([readBlock(disk, 1), readBlock(disk, 2)]).toEqual([10, 0]);
  });

  it('counts overlapping flushes right', () => {
    const disk = new DiskImage();
    perform(disk, 'write', 1, 10);
    disk.submit(request('flush'));
    perform(disk, 'write', 2, 20);
    disk.submit(request('flush'));
    perform(disk, 'write', 3, 30);
    disk.complete(0, 'ok');
    disk.complete(0, 'ok');
    disk.crash(none, none);
    expect([1, 2, 3].map((address) => readBlock(disk, address))).toEqual([10, 20, 0]);
  });

  it('dooms what a failed flush should have kept: a later flush succeeds without it', () => {
    const disk = new DiskImage();
    perform(disk, 'write', 1, 10);
    disk.submit(request('flush'));
    expect(disk.complete(0, 'io-error').result.outcome).toBe('io-error');
    expect(readBlock(disk, 1)).toBe(10);
    expect(perform(disk, 'flush').outcome).toBe('ok');
    disk.crash(() => true, none);
    expect(readBlock(disk, 1)).toBe(0);
  });

  it('keeps a write that was repeated after a failed flush', () => {
    const disk = new DiskImage();
    perform(disk, 'write', 1, 10);
    disk.submit(request('flush'));
    disk.complete(0, 'io-error');
    perform(disk, 'write', 1, 11);
    perform(disk, 'flush');
    expect(readBlock(disk, 1)).toBe(11);
    disk.crash(none, none);
    expect(readBlock(disk, 1)).toBe(11);
  });

  it('puts a misdirected write elsewhere, where it is found bad, and reports it done', () => {
    const disk = new DiskImage();
    perform(disk, 'write', 1, 10);
    perform(disk, 'write', 2, 20);
    disk.submit(request('write', 1, 11));
    expect(disk.complete(0, 'misdirected', { strayAddress: 2 }).result.outcome).toBe('ok');
    expect([readBlock(disk, 1), readBlock(disk, 2)]).toEqual([10, badBlock]);
  });

  it('may apply writes that were under way when power failed', () => {
    const disk = new DiskImage();
    disk.submit(request('write', 1, 10));
    disk.submit(request('write', 2, 20));
    expect(disk.unflushed).toBe(2);
    disk.crash(
      (write) => write === 1,
      (write) => write === 0,
    );
    expect([readBlock(disk, 1), readBlock(disk, 2)]).toEqual([badBlock, 20]);
  });

  it('comes back from its encoding', () => {
    const disk = new DiskImage();
    perform(disk, 'write', 300, 10);
    perform(disk, 'flush');
    disk.submit(request('flush'));
    disk.complete(0, 'io-error');
    perform(disk, 'write', 2, 7);
    disk.rot(300);
    disk.submit(request('write', 4, 8));
    disk.submit(request('flush'));
    const encoder = new Encoder();
    disk.encode(encoder);
    expect(DiskImage.decode(new Decoder(encoder.view()))).toEqual(disk);
  });
});
