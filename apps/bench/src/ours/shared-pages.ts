import { openParity, type ParityKernel } from '@holdfast/raid';

export interface SharedPages {
  readonly memory: WebAssembly.Memory;
  readonly kernel: ParityKernel;
}

const pageBytes = 65_536;
let opened: SharedPages | undefined;

/** A shared memory of at least so many bytes with the parity kernels over it. It is not freed in time: one serves all. */
export function sharedPages(bytes: number): SharedPages {
  if (opened === undefined) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
    opened = { memory, kernel: openParity(memory) };
  }
  const { memory, kernel } = opened;
  if (kernel.kind !== 'simd') throw new Error('this engine refused the WebAssembly kernel');
  const before = memory.buffer.byteLength;
  if (before < bytes) {
    memory.grow(Math.ceil((bytes - before) / pageBytes));
    new Uint8Array(memory.buffer, before).fill(0x5a);
  }
  return opened;
}
