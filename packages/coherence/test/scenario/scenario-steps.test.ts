import { parseScenario, runScenario, stepText } from '@holdfast/coherence/scenario';
import { describe, expect, test } from 'vitest';
import { randomFrom } from './random-scenario.ts';

const run = (...lines: readonly object[]) =>
  runScenario(parseScenario(lines.map((line) => JSON.stringify(line)).join('\n')));

/** What is wrong with the last step that ran. */
const failure = (...lines: readonly object[]): string =>
  run({}, ...lines)
    .steps.at(-1)
    ?.failures.join('; ') ?? 'none';

const all = { deliver: 'all' };

const write = (call: string, node: number, value: string) => ({ call, node, op: 'write', value });
const read = (call: string, node: number) => ({ call, node, op: 'read' });

describe('steps that cannot be done fail, and the scenario goes on', () => {
  test.each<[string, RegExp, ...object[]]>([
    ['delivery on an empty link', /no message is on the link from 1 to 0/, { deliver: [1, 0] }],
    ['more deliveries than messages', /no message is on the link/, read('r', 1), { deliver: [1, 0], count: 2 }],
    ['a kind that is not there', /no INV is on the link/, read('r', 1), { deliver: [1, 0], kind: 'INV' }],
    ['a message of another object', /no message is on/, read('r', 1), { deliver: [1, 0], key: 'other' }],
    ['duplicate of nothing', /no message is on the link/, { duplicate: [1, 0] }],
    ['put of a call that waits', /g holds no lease/, { call: 'g', node: 1, op: 'get' }, { op: 'put', of: 'g' }],
    ['put of a write, which ended', /w holds no lease/, write('w', 0, 'v'), { op: 'put', of: 'w' }],
    [
      'a value under a shared lease',
      /g holds a shared lease/,
      { call: 'g', node: 0, op: 'get' },
      { op: 'put', of: 'g', value: 'v' },
    ],
  ])('%s', (_what, said, ...lines) => {
    const { steps, stepsNotRun, passed } = run({}, ...lines, { note: 'on' });
    expect(steps.at(-2)?.failures.join()).toMatch(said);
    expect(steps.at(-1)?.passed).toBe(true);
    expect({ passed, stepsNotRun }).toEqual({ passed: false, stepsNotRun: 0 });
  });

  test('a load where none goes on', () => {
    const { steps } = run({ set: { slowFill: true } }, { fill: 1, value: 'v' });
    expect(steps[0]?.failures).toEqual(['no load goes on at node 1']);
  });
});

describe('deliveries', () => {
  test('all begins again at the lowest link after each message', () => {
    const { steps } = run({ nodes: 4 }, read('r3', 3), read('r1', 1), read('r2', 2), all);
    const links = steps.at(-1)?.delivered.map(({ from, to, kind }) => `${from}→${to} ${kind}`);
    expect(links?.slice(0, 4)).toEqual(['1→0 COPY_REQ', '0→1 ABSENT_OWNERSHIP', '2→0 COPY_REQ', '0→1 COPY_REQ']);
  });

  test('all skips links that are held, a named link does not', () => {
    const { steps } = run({}, { hold: [1, 0] }, read('r', 1), all, { deliver: [1, 0] }, all);
    expect(steps.map(({ deliveredCount }) => deliveredCount)).toEqual([0, 0, 0, 1, 1]);
  });

  test('all of one object leaves those of others', () => {
    const { steps } = run({}, { ...read('a', 1), key: 'a' }, { ...read('b', 1), key: 'b' }, { ...all, key: 'b' });
    expect(steps.at(-1)?.delivered.map(({ key, kind }) => `${key} ${kind}`)).toEqual([
      'b COPY_REQ',
      'b ABSENT_OWNERSHIP',
    ]);
  });

  test('all gives up after 10,000', () => {
    const held = [write('w', 0, 'v'), { hold: [1, 0] }];
    const upgrade = [read('r', 1), { repeat: 5001, steps: [{ duplicate: [1, 0] }, { duplicate: [1, 0] }] }];
    const { steps } = run({ nodes: 2 }, ...held, ...upgrade, { release: [1, 0] }, all);
    expect(steps.at(-1)).toMatchObject({
      deliveredCount: 10_000,
      failures: ['it does not come to rest within 10000 deliveries'],
    });
    expect(steps.at(-1)?.delivered).toHaveLength(100);
  });
});

describe('what the session would not do', () => {
  const owned = [write('w0', 0, 'v1'), read('r1', 1), all];

  test('a duplicate is dropped where it arrives', () => {
    const { steps, passed } = run(
      {},
      ...owned,
      write('w1', 1, 'v2'),
      { duplicate: [1, 0] },
      { deliver: [1, 0], count: 2 },
    );
    expect(passed).toBe(true);
    expect(steps.at(-1)?.delivered).toMatchObject([{ kind: 'COPY_REQ' }, { kind: 'COPY_REQ', dropped: true }]);
  });

  test('a duplicate that reaches the kernel breaks an invariant, which ends the run as a failure', () => {
    const { steps, stepsNotRun, passed } = run(
      {},
      ...owned,
      write('w1', 1, 'v2'),
      { duplicate: [1, 0], toKernel: true },
      all,
      { note: 'not reached' },
    );
    expect({ passed, stepsNotRun }).toEqual({ passed: false, stepsNotRun: 1 });
    expect(steps.at(-1)?.failures.join()).toMatch(/has 2 requests and answers/);
  });

  test('every kind of message, doubled or overtaking at random, ends in a report', () => {
    const random = randomFrom(7);
    const ops = ['read', 'get', 'grab', 'tryGrab', 'evict', 'remove', 'sync', 'getNoTouch', 'find'];
    for (let history = 0; history < 300; history++) {
      const lines: object[] = Array.from({ length: 40 }, () => {
        const link = [random(3), random(2)] as [number, number];
        if (link[0] <= link[1]) link[1]++;
        const choice = random(5);
        if (choice < 2) return { node: random(3), op: ops[random(ops.length)] };
        if (choice === 2) return { duplicate: link, toKernel: true };
        return choice === 3 ? { deliver: link, kind: ['INV', 'GRANT', 'COPY', 'RM'][random(4)] } : { deliver: link };
      });
      const report = run({}, ...lines, all);
      expect(report.steps.length + report.stepsNotRun, `history ${history}`).toBe(41);
    }
  });
});

test('a request that overtakes the object sent ahead of it comes back to its sender, which then waits for ever', () => {
  const asked = [{ node: 2, op: 'read' }, { deliver: [2, 0] }, { call: 'x', node: 0, op: 'remove' }];
  expect(failure(...asked, { deliver: [0, 2], kind: 'RM_REQ' }, all)).toBe('remove waits at node 0 for nothing');
  expect(failure(...asked, all)).toBe('');
});

test('answers that overtake each other at random break nothing', () => {
  const random = randomFrom(11);
  const ops = ['read', 'write', 'set', 'evict', 'flush', 'remove', 'sync', 'readNoTouch'];
  const kinds = ['COPY', 'GRANT', 'ABSENT_OWNERSHIP', 'INV', 'IACK', 'RM', 'RM_ACK', 'OWN', 'OWN_ACK'];
  let overtaken = 0;
  for (let history = 0; history < 120; history++) {
    const lines = Array.from({ length: 120 }, (_, index): object => {
      const from = random(3);
      const link = [from, (from + 1 + random(2)) % 3];
      if (random(2) === 0) return { deliver: link, kind: kinds[random(kinds.length)] };
      if (random(3) === 0) return { deliver: link };
      const op = ops[random(ops.length)];
      const value = op === 'write' || op === 'set' ? { value: `v${index}` } : {};
      return { node: from, op, ...value, ...(op === 'flush' && { to: random(3) }) };
    });
    const { steps, stepsNotRun } = run({}, ...lines, all);
    overtaken += steps.filter(({ deliveredCount }) => deliveredCount === 1).length;
    expect({ history, stepsNotRun, failures: steps.at(-1)?.failures }).toEqual({
      history,
      stepsNotRun: 0,
      failures: [],
    });
  }
  expect(overtaken).toBeGreaterThan(500);
});

describe('expectations', () => {
  const owned = [write('w1', 1, 'v1'), all, read('r2', 2), all];

  test.each<[object, string]>([
    [{ node: 1, state: 'WRITE_OWNER' }, 'node 1: state is "READ_OWNER", not "WRITE_OWNER"'],
    [
      { node: 1, state: ['WRITE_OWNER', 'READ_COPY'] },
      'node 1: state is "READ_OWNER", not ["WRITE_OWNER","READ_COPY"]',
    ],
    [{ node: 1, value: 'v2' }, 'node 1: value is "v1", not "v2"'],
    [{ node: 0, value: 'v1' }, 'node 0: value is null, not "v1"'],
    [{ node: 0, probOwner: [0, 2] }, 'node 0: probOwner is 1, not [0,2]'],
    [{ node: 1, copyset: [1] }, 'node 1: copyset is [1,2], not [1]'],
    [{ node: 1, version: 7 }, 'node 1: version is 2, not 7'],
    [{ call: 'w1', done: false }, 'w1: done is true, not false'],
    [{ call: 'r2', value: null }, 'r2: value is "v1", not null'],
    [{ call: 'r2', error: 'HF_LOST' }, 'r2: error is null, not "HF_LOST"'],
    [{ messages: 4 }, 'messages is 5, not 4'],
    [{ messages: { max: 4 } }, 'messages is 5, not {"max":4}'],
    [{ messages: { min: 6 } }, 'messages is 5, not {"min":6}'],
    [{ payloads: 0, forwards: 0 }, 'payloads is 1, not 0; forwards is 1, not 0'],
    [{ inFlight: { link: [1, 0], count: 1 } }, 'inFlight: count is 0, not 1'],
    [{ inFlight: { link: [1, 0], kinds: ['INV'] } }, 'inFlight: kinds is [], not ["INV"]'],
    [{ quiescent: false }, '0 messages are in flight'],
  ])('%j', (expected, said) => {
    expect(failure(...owned, { expect: expected })).toBe(said);
  });

  test.each<object>([
    { node: 1, state: ['WRITE_OWNER', 'READ_OWNER'], value: 'v1', probOwner: 1, copyset: [2, 1] },
    { node: 0, state: 'INV_COPY', value: null, probOwner: [1, 2], copyset: [] },
    { call: 'r2', done: true, value: 'v1' },
    { messages: 5, payloads: { max: 1 }, forwards: { min: 1, max: 1 } },
    { inFlight: { count: 0 } },
    { quiescent: true },
  ])('%j is met', (expected) => {
    expect(failure(...owned, { expect: expected })).toBe('');
  });

  test('an object nobody touched is absent and owned by its default owner', () => {
    const lines = [
      { expect: { node: 1, state: 'INV_OWNER', probOwner: 1, value: null, copyset: [] } },
      { expect: { node: 0, state: 'INV_COPY', probOwner: 1 }, key: 'never named before' },
    ];
    expect(run({ nodes: 2, defaultOwner: 1 }, ...lines).passed).toBe(true);
  });

  test('a call that failed has no value, whatever is expected of it', () => {
    expect(
      failure(write('w', 0, 'v'), { call: 'e', node: 0, op: 'evict' }, { expect: { call: 'e', value: null } }),
    ).toBe('e failed: HF_SET_FULL');
  });
});

describe('deaths', () => {
  const dead = [write('w2', 2, 'v'), all, { crash: 2 }];

  test.each<[string, RegExp | '', ...object[]]>([
    ['a second death of one node', /node 2 is down already/, { crash: 2 }],
    ['a call on a dead node', /node 2 is down/, read('r2', 2)],
    ['a restart of a node that lives', /node 0 is not down/, { restart: 0 }],
    ['a view whose number does not rise', /view 1 comes after view 3/, { view: 3 }, { view: 1 }],
    ['a view everybody knows', /everybody was told of view 1/, { view: 1 }, { view: 1 }],
    ['a view told to a dead node', /node 2 has nothing to be told of view 1/, { view: 1, nodes: [2] }],
    ['a lease of a former life', /g holds no lease/, ...[{ restart: 2 }, { view: 1 }], { op: 'put', of: 'g' }],
    ['expectations of the dead', '', { expect: { node: 2, state: 'DOWN', value: null, phase: 'down' } }],
  ])('%s', (_what, said, ...lines) => {
    const held = { call: 'g', node: 2, op: 'get' };
    const { steps } = run({}, held, ...dead, ...lines);
    const failures = steps.at(-1)?.failures.join() ?? '';
    if (said === '') expect(failures).toBe('');
    else expect(failures).toMatch(said);
  });

  test('only so many messages of the dead arrive, at the latest with the view', () => {
    const sent = [read('a', 0), read('b', 1), { deliver: [0, 2] }, { deliver: [1, 2] }, { deliver: [0, 2] }];
    const { steps } = run({ defaultOwner: 2 }, ...sent.slice(0, 4), { crash: 2, keep: [[2, 0, 1]] }, { view: 1 });
    expect(steps.at(-1)?.delivered).toEqual([{ from: 2, to: 0, key: 'object', kind: 'ABSENT_OWNERSHIP' }]);
  });

  test('one event names the node of whose objects nobody knows', () => {
    const { steps } = run({}, ...dead, { view: 1 }, all);
    expect(steps.at(-1)?.unknown).toEqual([2]);
    expect(stepText(steps.at(-1)!)).toContain('objects that only node 2 knew are unknown');
  });

  test('all objects change their view together', () => {
    const keyed = [
      { ...write('a', 1, 'a'), key: 'a' },
      { ...write('b', 2, 'b'), key: 'b' },
    ];
    const { steps, passed } = run({}, ...keyed, all, { crash: 0 }, { view: 1 }, all, {
      expect: { messages: { min: 10 } },
    });
    expect(passed).toBe(true);
    expect(
      steps.at(-1)?.objects.map(({ key, nodes }) => `${key}: ${nodes.map(({ state }) => state).join(' ')}`),
    ).toEqual(['a: DOWN WRITE_OWNER INV_COPY', 'b: DOWN INV_COPY WRITE_OWNER']);
  });
});

describe('names', () => {
  test.each(['getNoTouch', 'get_no_ft', 'get-no-first-touch', '_kddm_get_object_no_ft', 'GET_NO_TOUCH'])('%s', (op) => {
    const { steps, passed } = run({}, { call: 'g', node: 1, op }, all, {
      expect: { call: 'g', done: true, value: null },
    });
    expect({ passed, messages: steps.at(-2)?.deliveredCount }).toEqual({ passed: true, messages: 2 });
  });

  test('messages have the names of Kerrighed too', () => {
    const link = (from: number, to: number, ...kinds: string[]) => ({
      expect: { inFlight: { link: [from, to], kinds } },
    });
    const lines = [
      write('w1', 1, 'v1'),
      { deliver: [1, 0] },
      link(0, 1, 'SBFT'),
      all,
      read('r0', 0),
      { deliver: [0, 1] },
      link(1, 0, 'OBJ'),
      all,
      write('w0', 0, 'v2'),
      { deliver: [0, 1] },
      link(1, 0, 'WACC'),
    ];
    expect(run({}, ...lines).passed).toBe(true);
  });
});

test('a repeat makes its calls anew in each turn, and says which turn failed', () => {
  const { steps } = run(
    {},
    { repeat: 3, key: 'k', steps: [write('w', 1, 'v'), all, { expect: { messages: 2 } }, { reset: 'messages' }] },
  );
  expect(steps.filter(({ passed }) => !passed).map(({ line, turns, failures }) => ({ line, turns, failures }))).toEqual(
    [
      { line: 2, turns: [2], failures: ['messages is 0, not 2'] },
      { line: 2, turns: [3], failures: ['messages is 0, not 2'] },
    ],
  );
});

test('a report holds the file, which runs to the same report again', () => {
  const first = run({ nodes: 2 }, { note: 'twice the same' }, write('w', 1, 'v'), all);
  expect(runScenario(parseScenario(first.lines.join('\n')))).toEqual(first);
});

test('a step in words: what it is, what it delivered, every node, pass or fail', () => {
  const { steps } = run({ nodes: 2 }, write('w', 1, 'v'), all, { expect: { quiescent: false }, note: 'or not?' });
  expect(steps.map(stepText).join('\n')).toBe(`   2  {"call":"w","node":1,"op":"write","value":"v"}
      0 INV_OWNER | 1 WAIT_OBJ_WRITE →0 waits: w
      pass
   3  {"deliver":"all"}
      delivered 2: 1→0 COPY_REQ, 0→1 ABSENT_OWNERSHIP
      0 INV_COPY →1 | 1 WRITE_OWNER "v" {1}
      pass
   4  {"expect":{"quiescent":false}}  # or not?
      FAIL: 0 messages are in flight`);
});
