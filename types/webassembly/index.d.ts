// The part of the WebAssembly JavaScript API that Node has and Holdfast uses. TypeScript ships it only inside its DOM
// library, whose globals (`name`, `status`, `close`, ...) would hide a forgotten import.
declare namespace WebAssembly {
  interface MemoryDescriptor {
    /** Pages of 64 KiB. */
    initial: number;
    /** Pages of 64 KiB. Required when shared. */
    maximum?: number;
    shared?: boolean;
  }

  interface Memory {
    readonly buffer: ArrayBufferLike;
    grow(pages: number): number;
  }

  interface Module {
    readonly [Symbol.toStringTag]: string;
  }

  interface CompileError extends Error {
    readonly name: 'CompileError';
  }

  type ExportValue = CallableFunction | Memory;

  interface Instance {
    readonly exports: Readonly<Record<string, ExportValue>>;
  }

  type Imports = Record<string, Record<string, CallableFunction | Memory | number>>;

  var Memory: { prototype: Memory; new (descriptor: MemoryDescriptor): Memory };
  var Module: { prototype: Module; new (bytes: NodeJS.ArrayBufferView | ArrayBuffer): Module };
  var Instance: { prototype: Instance; new (module: Module, imports?: Imports): Instance };

  var CompileError: { prototype: CompileError; new (message?: string): CompileError };

  function compile(bytes: NodeJS.ArrayBufferView | ArrayBuffer): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: NodeJS.ArrayBufferView | ArrayBuffer): boolean;
}
