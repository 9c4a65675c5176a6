import { CodecError } from './errors.ts';
import { readGeneral, writeGeneral } from './general.ts';
import * as reading from './reader.ts';
import { bytesMin, type Form, formsOf, type TaggedOption, type WireType } from './wire-type.ts';
import * as writing from './writer.ts';

export type Encode = (to: writing.Writer, value: unknown) => void;
export type Decode = (from: reading.Reader) => unknown;

/** What generated functions call. Everything else is inlined into one function per direction. */
const library = {
  ...reading,
  ...writing,
  readGeneral,
  writeGeneral,
  misfit: (what: string, value: unknown): CodecError => writing.notA(what, value),
  hostile: (problem: string): CodecError => new CodecError(problem),
  hasOwn: Object.hasOwn,
};

/**
 * Turn a wire type into a pair of functions. The generated source holds only names made here, numbers, and keys as
 * JSON strings; constants are handed over as values, never as text.
 * @throws EvalError when the process forbids code from strings.
 */
export function generate(type: WireType): { encode: Encode; decode: Decode } {
  const encoder = new Source();
  encoder.write(type, 'value');
  const decoder = new Source();
  const result = decoder.read(type);
  const encode = new Function(
    'library',
    'constants',
    `'use strict';\n${unpackLibrary()}
return function encode(to, value) {\n${encoder.text()}\n};`,
  ) as (l: typeof library, c: readonly unknown[]) => Encode;
  const decode = new Function(
    'library',
    'constants',
    `'use strict';\n${unpackLibrary()}
return function decode(from) {\n${decoder.text()}\nreturn ${result};\n};`,
  ) as (l: typeof library, c: readonly unknown[]) => Decode;
  return { encode: encode(library, encoder.constants), decode: decode(library, decoder.constants) };
}

function unpackLibrary(): string {
  return `const { ${Object.keys(library).join(', ')} } = library;`;
}

/** A test that a value has one of the forms. */
const formTests: Readonly<Record<Form, (value: string) => string>> = {
  undefined: (value) => `${value} === undefined`,
  null: (value) => `${value} === null`,
  number: (value) => `typeof ${value} === 'number'`,
  boolean: (value) => `typeof ${value} === 'boolean'`,
  bigint: (value) => `typeof ${value} === 'bigint'`,
  string: (value) => `typeof ${value} === 'string'`,
  date: (value) => `${value} instanceof Date`,
  bytes: (value) => `${value} instanceof Uint8Array`,
  array: (value) => `Array.isArray(${value})`,
  set: (value) => `${value} instanceof Set`,
  map: (value) => `${value} instanceof Map`,
  object: (value) =>
    `typeof ${value} === 'object' && ${value} !== null && !Array.isArray(${value}) && !(${value} instanceof Date) && ` +
    `!(${value} instanceof Uint8Array) && !(${value} instanceof Set) && !(${value} instanceof Map)`,
};

const scalarCalls = {
  number: 'Number',
  boolean: 'Boolean',
  bigint: 'Bigint',
  string: 'String',
  date: 'Date',
  bytes: 'Bytes',
  general: 'General',
} as const;

type ManyKind = 'array' | 'set' | 'map' | 'record';

class Source {
  readonly constants: unknown[] = [];
  readonly #lines: string[] = [];
  #names = 0;

  text(): string {
    return this.#lines.join('\n');
  }

  #add(line: string): void {
    this.#lines.push(line);
  }

  #name(): string {
    this.#names += 1;
    return `v${this.#names}`;
  }

  #constant(value: unknown): string {
    this.constants.push(value);
    return `constants[${this.constants.length - 1}]`;
  }

  /** Statements that write `value`, the name of a variable. */
  write(type: WireType, value: string): void {
    switch (type.kind) {
      case 'undefined':
        this.#add(`if (${value} !== undefined) throw misfit('undefined', ${value});`);
        return;
      case 'constant':
        this.#writeConstant(type.values, value);
        return;
      case 'optional':
      case 'nullable': {
        const missing = type.kind === 'optional' ? 'undefined' : 'null';
        this.#add(`if (${value} === ${missing}) writeByte(to, 0); else { writeByte(to, 1);`);
        this.write(type.inner, value);
        this.#add('}');
        return;
      }
      case 'array':
      case 'set': {
        const [test, size] = type.kind === 'array' ? [formTests.array, 'length'] : [formTests.set, 'size'];
        this.#add(`if (!(${test(value)})) throw misfit('${type.kind === 'array' ? 'an array' : 'a Set'}', ${value});`);
        this.#add(`writeCount(to, ${value}.${size});`);
        const element = this.#name();
        if (type.kind === 'array') this.#countedLoop(value, 0, element, type.inner);
        else {
          this.#add(`for (const ${element} of ${value}) {`);
          this.#writeElement(type.inner, element);
          this.#add('}');
        }
        return;
      }
      case 'map': {
        const [key, element] = [this.#name(), this.#name()];
        this.#add(`if (!(${formTests.map(value)})) throw misfit('a Map', ${value});`);
        this.#add(`writeCount(to, ${value}.size); for (const [${key}, ${element}] of ${value}) {`);
        this.#writeElement(type.key, key);
        this.#writeElement(type.inner, element);
        this.#add('}');
        return;
      }
      case 'record':
        this.#requireObject(value);
        this.#writeEntries(type.inner, value, []);
        return;
      case 'tuple':
        this.#writeTuple(type.items, type.rest, value);
        return;
      case 'object':
        this.#writeObject(type, value);
        return;
      case 'choice':
        this.#writeChoice(type.options, value);
        return;
      case 'tagged':
        this.#writeTagged(type.tag, type.options, value);
        return;
      default:
        this.#add(`write${scalarCalls[type.kind]}(to, ${value});`);
    }
  }

  #writeElement(type: WireType, value: string): void {
    if (bytesMin(type) === 0) this.#add('writeByte(to, 0);');
    this.write(type, value);
  }

  /** By index, so that holes are written as undefined and a growing array cannot outrun its count. */
  #countedLoop(array: string, first: number, element: string, type: WireType): void {
    const [index, length] = [this.#name(), this.#name()];
    this.#add(`for (let ${index} = ${first}, ${length} = ${array}.length; ${index} < ${length}; ${index}++) {`);
    this.#add(`const ${element} = ${array}[${index}];`);
    this.#writeElement(type, element);
    this.#add('}');
  }

  #writeConstant(values: readonly unknown[], value: string): void {
    const places = this.#constant(new Map(values.map((constant, place) => [constant, place])));
    const place = this.#name();
    this.#add(`const ${place} = ${places}.get(${value});`);
    this.#add(`if (${place} === undefined) throw misfit('one of the values its schema lists', ${value});`);
    if (values.length > 1) this.#add(`writeCount(to, ${place});`);
  }

  #requireObject(value: string): void {
    this.#add(`if (typeof ${value} !== 'object' || ${value} === null) throw misfit('an object', ${value});`);
  }

  /** Own enumerable string keys beyond `known`, each with its value. */
  #writeEntries(type: WireType, value: string, known: readonly string[]): void {
    const [keys, key, element] = [this.#name(), this.#name(), this.#name()];
    const excluded = this.#constant(new Set([...known, '__proto__']));
    this.#add(`const ${keys} = Object.keys(${value}).filter((key) => !${excluded}.has(key));`);
    this.#add(`writeCount(to, ${keys}.length); for (const ${key} of ${keys}) {`);
    this.#add(`const ${element} = ${value}[${key}]; writeString(to, ${key});`);
    this.write(type, element);
    this.#add('}');
  }

  #writeTuple(items: readonly WireType[], rest: WireType | undefined, value: string): void {
    this.#add(`if (!Array.isArray(${value})) throw misfit('an array', ${value});`);
    const most = rest === undefined ? ` || ${value}.length > ${items.length}` : '';
    this.#add(`if (${value}.length < ${requiredItems(items)}${most}) throw misfit('a tuple of its length', ${value});`);
    this.#add(`writeCount(to, ${value}.length);`);
    for (const [index, item] of items.entries()) {
      const element = this.#name();
      this.#add(`if (${value}.length > ${index}) { const ${element} = ${value}[${index}];`);
      this.#writeElement(item, element);
      this.#add('}');
    }
    if (rest !== undefined) this.#countedLoop(value, items.length, this.#name(), rest);
  }

  #writeObject(type: WireType & { kind: 'object' }, value: string): void {
    this.#requireObject(value);
    for (const field of type.fields) {
      const [element, key] = [this.#name(), JSON.stringify(field.name)];
      // A name that every object inherits is looked for on the object itself first.
      const own =
        field.name in Object.prototype ? `hasOwn(${value}, ${key}) ? ${value}[${key}] : undefined` : undefined;
      this.#add(`const ${element} = ${own ?? `${value}[${key}]`};`);
      if (!field.optional) {
        this.write(field.type, element);
        continue;
      }
      this.#add(`if (${element} === undefined) writeByte(to, hasOwn(${value}, ${key}) ? 1 : 0);`);
      this.#add('else { writeByte(to, 2);');
      this.write(field.type, element);
      this.#add('}');
    }
    if (type.rest === undefined) return;
    this.#writeEntries(
      type.rest,
      value,
      type.fields.map((field) => field.name),
    );
  }

  #writeChoice(options: readonly WireType[], value: string): void {
    for (const [index, option] of options.entries()) {
      const test = (formsOf(option) ?? []).map((form) => `(${formTests[form](value)})`).join(' || ');
      this.#add(`${index === 0 ? '' : 'else '}if (${test}) { writeByte(to, ${index});`);
      this.write(option, value);
      this.#add('}');
    }
    this.#add(`else throw misfit('one of the alternatives of its schema', ${value});`);
  }

  #writeTagged(tag: string, options: readonly TaggedOption[], value: string): void {
    this.#requireObject(value);
    const places = new Map(options.flatMap(({ tags }, index) => tags.map((constant) => [constant, index] as const)));
    const [place, key] = [this.#name(), JSON.stringify(tag)];
    this.#add(`const ${place} = ${this.#constant(places)}.get(${value}[${key}]);`);
    this.#add(`switch (${place}) {`);
    for (const [index, option] of options.entries()) {
      this.#add(`case ${index}: { writeCount(to, ${index});`);
      this.write(option.type, value);
      this.#add('break; }');
    }
    this.#add(`default: throw misfit('one of the alternatives of its schema', ${value}); }`);
  }

  /** Statements that read a value, and the expression that then stands for it. */
  read(type: WireType): string {
    switch (type.kind) {
      case 'undefined':
        return 'undefined';
      case 'constant':
        return this.#readConstant(type.values);
      case 'optional':
      case 'nullable': {
        const result = this.#name();
        this.#add(`let ${result} = ${type.kind === 'optional' ? 'undefined' : 'null'};`);
        this.#add('if (readBoolean(from)) {');
        this.#add(`${result} = ${this.read(type.inner)}; }`);
        return result;
      }
      case 'array':
      case 'set':
      case 'map':
      case 'record':
        return this.#readMany(type, type.kind);
      case 'tuple':
        return this.#readTuple(type.items, type.rest);
      case 'object':
        return this.#readObject(type);
      case 'choice':
        return this.#readAlternative(type.options);
      case 'tagged':
        return this.#readAlternative(type.options.map((option) => option.type));
      default: {
        const result = this.#name();
        this.#add(`const ${result} = read${scalarCalls[type.kind]}(from);`);
        return result;
      }
    }
  }

  #readElement(type: WireType): string {
    if (bytesMin(type) === 0) this.#add('readByte(from);');
    return this.read(type);
  }

  #readConstant(values: readonly unknown[]): string {
    const constant = this.#constant(values);
    return values.length === 1 ? `${constant}[0]` : this.#hold(`${constant}[readChoice(from, ${values.length})]`);
  }

  #hold(expression: string): string {
    const result = this.#name();
    this.#add(`const ${result} = ${expression};`);
    return result;
  }

  #readMany(type: WireType & { kind: ManyKind | 'optional' | 'nullable' }, kind: ManyKind): string {
    const empty = { array: '[]', set: 'new Set()', map: 'new Map()', record: '{}' }[kind];
    const result = this.#hold(empty);
    const index = this.#name();
    this.#add(`for (let ${index} = readLength(from); ${index} > 0; ${index}--) {`);
    if (type.kind === 'array') this.#add(`${result}.push(${this.#readElement(type.inner)}); }`);
    if (type.kind === 'set') this.#add(`${result}.add(${this.#readElement(type.inner)}); }`);
    if (type.kind === 'map') {
      const key = this.#readElement(type.key);
      this.#add(`${result}.set(${key}, ${this.#readElement(type.inner)}); }`);
    }
    if (type.kind === 'record') this.#readEntry(type.inner, result);
    return result;
  }

  /** Sets one property from a key and a value; closes the loop around it. */
  #readEntry(type: WireType, result: string): void {
    const key = this.#hold('readString(from)');
    this.#add(`if (${key} === '__proto__') throw hostile('A message has a key named __proto__.');`);
    this.#add(`${result}[${key}] = ${this.read(type)}; }`);
  }

  #readTuple(items: readonly WireType[], rest: WireType | undefined): string {
    const [result, length] = [this.#hold('[]'), this.#hold('readLength(from)')];
    const most = rest === undefined ? ` || ${length} > ${items.length}` : '';
    this.#add(
      `if (${length} < ${requiredItems(items)}${most}) throw hostile('A tuple in a message has a wrong length.');`,
    );
    for (const [index, item] of items.entries()) {
      this.#add(`if (${length} > ${index}) {`);
      this.#add(`${result}.push(${this.#readElement(item)}); }`);
    }
    if (rest !== undefined) {
      const index = this.#name();
      this.#add(`for (let ${index} = ${items.length}; ${index} < ${length}; ${index}++) {`);
      this.#add(`${result}.push(${this.#readElement(rest)}); }`);
    }
    return result;
  }

  /** Leading required fields become one literal, so that decoded objects share a hidden class with hand-made ones. */
  #readObject(type: WireType & { kind: 'object' }): string {
    const firstOptional = type.fields.findIndex((field) => field.optional);
    const literal = firstOptional === -1 ? type.fields : type.fields.slice(0, firstOptional);
    const properties = literal.map((field) => `${JSON.stringify(field.name)}: ${this.read(field.type)}`);
    const result = this.#hold(`{ ${properties.join(', ')} }`);
    for (const field of type.fields.slice(literal.length)) {
      const place = `${result}[${JSON.stringify(field.name)}]`;
      if (!field.optional) {
        this.#add(`${place} = ${this.read(field.type)};`);
        continue;
      }
      this.#add('switch (readChoice(from, 3)) {');
      this.#add(`case 1: ${place} = undefined; break;`);
      this.#add('case 2: {');
      this.#add(`${place} = ${this.read(field.type)}; } }`);
    }
    if (type.rest !== undefined) {
      const index = this.#name();
      this.#add(`for (let ${index} = readLength(from); ${index} > 0; ${index}--) {`);
      this.#readEntry(type.rest, result);
    }
    return result;
  }

  #readAlternative(options: readonly WireType[]): string {
    const result = this.#name();
    this.#add(`let ${result}; switch (readChoice(from, ${options.length})) {`);
    for (const [index, option] of options.entries()) {
      this.#add(`case ${index}: {`);
      this.#add(`${result} = ${this.read(option)}; break; }`);
    }
    this.#add('}');
    return result;
  }
}

/** Items at the end that may be undefined may be missing. */
function requiredItems(items: readonly WireType[]): number {
  return items.findLastIndex((item) => !(formsOf(item)?.includes('undefined') ?? true)) + 1;
}
