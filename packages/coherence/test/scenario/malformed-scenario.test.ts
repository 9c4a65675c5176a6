import { parseScenario, ScenarioError } from '@holdfast/coherence/scenario';
import { describe, expect, test } from 'vitest';

const scenario = (...lines: readonly (string | object)[]): string =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

function problem(...lines: readonly (string | object)[]): string {
  try {
    parseScenario(scenario(...lines));
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    expect(error).toMatchObject({ code: 'HF_SCENARIO' });
    return (error as ScenarioError).problem;
  }
  return 'none';
}

describe('header', () => {
  test('every field has a default', () => {
    expect(parseScenario('{}').header).toEqual({
      nodes: 3,
      defaultOwner: 0,
      set: { backup: 0, linked: false, migratory: false, slowFill: false },
    });
    expect(parseScenario('{"set":{"slowFill":true}}').header.set).toMatchObject({ slowFill: true, backup: 0 });
  });

  test.each([
    ['', /^it is empty/],
    ['{', /^line 1: it is no JSON/],
    ['[]', /^line 1: a step is a JSON object/],
    ['{"nodes":0}', /^line 1: the header: nodes/],
    ['{"nodes":65}', /^line 1: the header: nodes/],
    ['{"nodes":2.5}', /^line 1: the header: nodes/],
    ['{"nodes":"3"}', /^line 1: the header: nodes/],
    ['{"nodes":3,"defaultOwner":3}', /^line 1: the header: defaultOwner: no such node: there are 0 to 2/],
    ['{"nodes":3,"defaultOwner":-1}', /^line 1: the header: defaultOwner/],
    ['{"node":3}', /^line 1: the header: .*"node"/],
    ['{"set":{"backups":1}}', /^line 1: the header: set: .*"backups"/],
    ['{"set":{"backup":2}}', /^line 1: the header: set\.backup/],
    ['{"set":{"linked":1}}', /^line 1: the header: set\.linked/],
    ['{"call":"r","node":0,"op":"read"}', /^line 1: the header/],
    ['\n\n{"nodes":-1}', /^line 3: the header/],
  ])('%j', (text, said) => {
    expect(problem(text)).toMatch(said);
  });
});

describe('steps', () => {
  const write = { call: 'w', node: 0, op: 'write', value: 'v' };

  test.each<[object | string, RegExp]>([
    ['{"deliver":', /no JSON/],
    ['null', /a step is a JSON object/],
    ['"deliver"', /a step is a JSON object/],
    [{}, /no step has the fields nothing/],
    [{ delivr: [1, 0] }, /no step has the fields delivr/],
    [{ ...write, nodes: 3 }, /call: .*"nodes"/],
    [{ ...write, call: 7 }, /call: call/],
    [{ ...write, call: '' }, /call: call/],
    [{ ...write, call: 'x'.repeat(300) }, /call: call/],
    [{ ...write, node: 3 }, /call: node: no such node: there are 0 to 2/],
    [{ ...write, node: -1 }, /call: node: no such node/],
    [{ ...write, node: 0.5 }, /call: node/],
    [{ ...write, node: undefined }, /on which node/],
    [{ ...write, op: 'wirte' }, /call: op: no such operation: there are read/],
    [{ ...write, op: undefined }, /call: op/],
    [{ ...write, value: undefined }, /write needs a value/],
    [{ ...write, value: null }, /call: value: a value is a string/],
    [{ ...write, value: { a: 1 } }, /call: value/],
    [{ ...write, to: 1 }, /write takes no to/],
    [{ ...write, of: 'w' }, /write takes no of/],
    [{ ...write, key: 7 }, /call: key/],
    [{ call: 'r', node: 0, op: 'read', value: 'v' }, /read takes no value/],
    [{ call: 'p', node: 0, op: 'put' }, /put needs of/],
    [{ call: 'p', op: 'put', of: 'nobody' }, /no call before this line is named nobody/],
    [{ call: 'f', node: 0, op: 'flush', to: 9 }, /call: to: no such node/],
    [{ call: 'e', node: 0, op: 'evict', to: 1 }, /evict takes no to/],
    [{ deliver: [1, 1] }, /deliver: a node has no link to itself/],
    [{ deliver: [1] }, /deliver: deliver/],
    [{ deliver: [0, 3] }, /deliver: deliver/],
    [{ deliver: 'everything' }, /deliver: deliver/],
    [{ deliver: [0, 1], count: 0 }, /deliver: count/],
    [{ deliver: [0, 1], count: -4 }, /deliver: count/],
    [{ deliver: [0, 1], kind: 'HELLO' }, /deliver: kind: no such kind of message: there are COPY_REQ/],
    [{ deliver: 'all', count: 3 }, /"all" takes neither/],
    [{ hold: [0, 0] }, /hold: a node has no link to itself/],
    [{ fill: 0, value: 'v' }, /fill: the set has no slowFill/],
    [{ crash: 3 }, /crash: crash: no such node/],
    [{ crash: 2, keep: [[0, 1, 1]] }, /keep is about links from or to node 2/],
    [{ crash: 2, keep: [[2, 2, 1]] }, /keep is about links from or to node 2/],
    [{ crash: 2, keep: [[2, 0]] }, /crash: keep/],
    [{ view: 0 }, /view: view/],
    [{ view: 1, nodes: [] }, /view: nodes/],
    [{ restart: 9 }, /restart: restart: no such node/],
    [{ reset: 'everything' }, /reset: reset/],
    [{ note: 7 }, /note: note/],
    [{ expect: 7 }, /expect: expect/],
    [{ expect: {} }, /expect: what/],
    [{ expect: { node: 7, state: 'INV_COPY' } }, /expect: node: no such node/],
    [{ expect: { node: 0, state: 'INV_NO_COPY' } }, /expect: state/],
    [{ expect: { node: 0, states: [] } }, /expect: .*"states"/],
    [{ expect: { node: 0, copyset: [5] } }, /expect: copyset/],
    [{ expect: { call: 'nobody', done: true } }, /no call before this line is named nobody/],
    [{ expect: { messages: -1 } }, /expect: messages: Too small/],
    [{ expect: { messages: 'many' } }, /expect: messages: a count is/],
    [{ expect: { messages: { most: 4 } } }, /expect: messages/],
    [{ expect: { inFlight: { link: [0, 1], kinds: ['HELLO'] } } }, /expect: inFlight\.kinds/],
    [{ repeat: 0, steps: [] }, /repeat: repeat/],
    [{ repeat: -1, steps: [] }, /repeat: repeat/],
    [{ repeat: 2 }, /repeat: steps/],
    [{ repeat: 2, steps: [7] }, /a step is a JSON object/],
  ])('%j', (line, said) => {
    const text = problem({ nodes: 3 }, line);
    expect(text).toMatch(/^line 2: /);
    expect(text).toMatch(said);
  });

  test('two calls of one name', () => {
    expect(problem({}, write, write)).toBe('line 3: call: w names two calls.');
  });

  test('a put whose node or key is not that of its lease', () => {
    const get = { call: 'g', node: 0, op: 'get', key: 'a' };
    expect(problem({}, get, { call: 'p', node: 1, op: 'put', of: 'g' })).toBe('line 3: call: g is on node 0.');
    expect(problem({}, get, { call: 'p', op: 'put', of: 'g', key: 'b' })).toBe('line 3: call: g is about a.');
  });

  test('a load comes to exactly one thing', () => {
    const header = { set: { slowFill: true } };
    expect(problem(header, { fill: 0 })).toMatch(/one of value, error and absent/);
    expect(problem(header, { fill: 0, value: 'v', absent: true })).toMatch(/one of value, error and absent/);
  });
});

describe('what is too much', () => {
  test('a long line, a long file', () => {
    expect(problem({}, `{"note":"${'x'.repeat(100_000)}"}`)).toMatch(/^line 2: it is longer than 65536 characters/);
    expect(problem({}, `{"note":"${'x'.repeat(10_000_000)}"}`)).toMatch(/^it is longer than/);
  });

  test('repeats that are deep, or come to too many steps', () => {
    const nested = (depth: number, times: number): object =>
      depth === 0 ? { deliver: 'all' } : { repeat: times, steps: [nested(depth - 1, times)] };
    expect(problem({}, nested(9, 1))).toMatch(/^line 2: repeats are more than 8 deep/);
    expect(problem({ nodes: 1 }, nested(8, 100))).toMatch(/^line 2: the steps, .* are more than 100000/);
    expect(problem({ nodes: 64 }, nested(1, 10_000))).toMatch(/^line 2: steps times keys times nodes are more than/);
    expect(problem({}, `{"repeat":100000,"steps":[{"repeat":100000,"steps":[]}]}`)).toBe('none');
    expect(problem({}, `${'{"repeat":1,"steps":['.repeat(2_000)}${']}'.repeat(2_000)}`)).toMatch(/more than 8 deep/);
  });

  test('keys', () => {
    const reads = Array.from({ length: 65 }, (_, index) => ({ op: 'read', node: 0, key: `k${index}` }));
    expect(problem({}, ...reads)).toMatch(/^line 66: there are more than 64 keys/);
  });
});
