/** Copy `bytes` bytes within private memory. */
export type Copy = (destination: number, source: number, bytes: number) => void;

interface Copier {
  readonly name: string;
  /** A private memory of that size, every page touched, and the way to copy in it. */
  readonly open: (memoryBytes: number) => Copy;
}

export const copyTypedArray: Copier = {
  name: 'memcpy (Uint8Array.set)',
  open: (memoryBytes) => {
    const memory = new Uint8Array(memoryBytes).fill(0x5a);
    return (destination, source, bytes) => memory.set(memory.subarray(source, source + bytes), destination);
  },
};

/** (module (import "m" "m" (memory 1)) (func (export "copy") (param i32 i32 i32) (memory.copy ...))) */
const copyModule = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x07, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00],
  ...[0x02, 0x08, 0x01, 0x01, 0x6d, 0x01, 0x6d, 0x02, 0x00, 0x01],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x08, 0x01, 0x04, 0x63, 0x6f, 0x70, 0x79, 0x00, 0x00],
  ...[0x0a, 0x0e, 0x01, 0x0c, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfc, 0x0a, 0x00, 0x00, 0x0b],
);

/** The engine calls the C library's memmove for it: the nearest to memcpy that a script can reach. */
export const copyMemory: Copier = {
  name: 'memcpy (WebAssembly memory.copy)',
  open: (memoryBytes) => {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(memoryBytes / 65_536) });
    new Uint8Array(memory.buffer).fill(0x5a);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(copyModule), { m: { m: memory } });
    return instance.exports.copy as Copy;
  },
};
