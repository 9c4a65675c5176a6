import { describe, expect, it } from 'vitest';
import {
  always,
  CellLog,
  Choices,
  type FaultRates,
  monitor,
  type SimulatedRun,
  type SimulationSpec,
  simulate,
  type WorldSpec,
  type WorldView,
} from '../../src/index.ts';
import type { RecorderEvent, RecorderState } from '../support/recorder.ts';
import { alone, does, pair, sends } from '../support/recorder-world.ts';

/** Logs of both recorders at the end of run `seed`, and what happened. */
function run(
  world: WorldSpec,
  faults: FaultRates,
  seed: number,
  more: Partial<SimulationSpec> = {},
): SimulatedRun & { logs: string[] } {
  let logs: string[] = [];
  const spec = {
    world,
    faults,
    safetyMs: 300,
    missing: (view: WorldView) => {
      logs = world.nodes.map((_, node) => view.state<RecorderState>(node, 0).log.join());
      return view.messagesInFlight + view.diskOpsInFlight === 0 ? undefined : 'something is in flight';
    },
    ...more,
  };
  return { ...simulate(spec, Choices.fromSeed(seed), new CellLog()), logs };
}

/** Whether any of 250 seeds ends with `wanted`, and how often `fault` happened over all of them. */
function search(world: WorldSpec, faults: FaultRates, wanted: (logs: string[]) => boolean) {
  const runs = Array.from({ length: 250 }, (_, seed) => run(world, faults, seed));
  for (const { violation } of runs) expect(violation).toBeUndefined();
  const counted: Record<string, number> = {};
  for (const each of runs) {
    for (const [name, count] of Object.entries(each.faults)) counted[name] = (counted[name] ?? 0) + count;
  }
  return { found: runs.some(({ logs }) => wanted(logs)), faults: counted };
}

const calls = [sends(0, 0, '1', '2', '3')];
const manyCalls = [{ ...sends(0, 0, 'm'), times: 300 }];

describe('links of the simulator', () => {
  it('deliver everything in order where no fault is allowed', () => {
    const { found } = search(pair({ calls }), {}, ([, b]) => b !== '1,2,3');
    expect(found).toBe(false);
  });

  it.each([
    ['clogged', { clog: 20 }],
    ['clogged, with nodes that do nothing for a while', { clog: 20, pause: 20 }],
  ])('keep the order of a queue that is %s', (_, faults) => {
    const numbered = Array.from({ length: 60 }, (_each, index) => String(index));
    const oneByOne = {
      ...sends(0, 0, ''),
      times: numbered.length,
      event: (nth: number) => ({ type: 'do', effects: [{ kind: 'send', to: 0, value: numbered[nth]! }] }) as const,
    };
    const log = numbered.join();
    for (let seed = 0; seed < 250; seed++) {
      const [, b] = run(pair({ calls: [oneByOne] }), faults, seed).logs;
      // Calls may be left out, never be overtaken.
      const heard = b!.split(',').map(Number);
      expect(heard, `seed ${seed}`).toEqual([...heard].sort((x, y) => x - y));
      if (heard.length === numbered.length) expect(b).toBe(log);
    }
  });

  it.each([
    ['drop', { drop: 0.3 }, '1,3'],
    ['corrupt', { corrupt: 0.3 }, '1,3'],
    ['duplicate', { duplicate: 0.3 }, '1,2,2,3'],
    ['reorder', { reorder: 0.5 }, '2,1,3'],
  ])('can %s a message', (name, faults, log) => {
    const outcome = search(pair({ calls }), faults, ([, b]) => b === log);
    expect(outcome.found).toBe(true);
    expect(outcome.faults[name]).toBeGreaterThan(0);
    expect(Object.keys(outcome.faults)).toEqual([name]);
  });

  it.each(['cutOneWay', 'cutBothWays'] as const)('lose what is sent while there is a %s', (name) => {
    const outcome = search(pair({ calls: manyCalls }), { [name]: 20 }, ([, b]) => (b ?? '').length < 2 * 300 - 1);
    expect(outcome.found).toBe(true);
    expect(outcome.faults[name]).toBeGreaterThan(0);
  });

  it('are late and lose nothing while clogged', () => {
    const outcome = search(pair({ calls: manyCalls }), { clog: 20 }, ([, b]) => (b ?? '').length !== 2 * 300 - 1);
    expect(outcome.found).toBe(false);
    expect(outcome.faults.clog).toBeGreaterThan(0);
  });

  it('break and are told down and up at each end', () => {
    const outcome = search(pair({ calls: manyCalls }, { links: true }), { linkDown: 20 }, ([, b]) =>
      /^port 0 up,.*m,port 0 down,port 0 up,m/.test(b ?? ''),
    );
    expect(outcome.found).toBe(true);
    const neverTwice = search(pair({ calls: manyCalls }, { links: true }), { linkDown: 20, suspect: 20 }, (logs) =>
      logs.some((log) => /down,(m,)*port 0 down|up,(m,)*port 0 up/.test(log)),
    );
    expect(neverTwice.found).toBe(false);
    expect(neverTwice.faults.suspect).toBeGreaterThan(0);
  });

  it('never hand over a message while their end takes the link for down', () => {
    const outcome = search(
      pair({ calls: manyCalls }, { links: true }),
      { linkDown: 30, suspect: 30, ghost: 0.5 },
      ([, b]) => /down,m/.test(b ?? ''),
    );
    expect(outcome.found).toBe(false);
    expect(outcome.faults.ghost).toBeGreaterThan(0);
  });
});

describe('nodes of the simulator', () => {
  it('crash, forget, and start as the next incarnation with their links down', () => {
    const world = pair({ calls: manyCalls }, { links: true, starts: true });
    const outcome = search(world, { crash: 20 }, ([, b]) => /^start 1,port 0 up,m/.test(b ?? ''));
    expect(outcome.found).toBe(true);
    expect(outcome.faults.restart).toBeGreaterThan(0);
  });

  it('are down together only as many as allowed', () => {
    const calls = [0, 1].map((node) => ({ ...sends(node, 0, 'm'), times: 300 }));
    const mostDown = (downMax: number) => {
      let most = 0;
      const watch = always<WorldView>('watch', (view) => {
        most = Math.max(most, [0, 1].filter((node) => !view.up(node)).length);
        return undefined;
      });
      const world = pair({ calls, properties: [watch] });
      for (let seed = 0; seed < 60; seed++) run(world, { crash: 50 }, seed, { downMax });
      return most;
    };
    expect([mostDown(1), mostDown(2)]).toEqual([1, 2]);
  });

  it('do nothing while they pause, then everything', () => {
    const outcome = search(pair({ calls: manyCalls }), { pause: 20 }, ([, b]) => (b ?? '').length !== 2 * 300 - 1);
    expect(outcome.found).toBe(false);
    expect(outcome.faults.pause).toBeGreaterThan(0);
  });

  it('have clocks that jump: timers end early, none is lost', () => {
    const arm = does(0, ...[500, 600, 700].map((ms, timer) => ({ kind: 'arm' as const, timer, ms })));
    const world = alone({ calls: [arm, { ...does(0), times: 100 }] });
    const spec = {
      clockSkew: 0,
      missing: (view: WorldView) => (view.armed(0, 0).length > 0 ? 'a timer is armed' : undefined),
    };
    const runs = Array.from({ length: 40 }, (_, seed) => run(world, { clockJump: 100 }, seed, spec));
    expect(runs.every(({ violation }) => violation === undefined)).toBe(true);
    expect(runs.some(({ virtualMs, faults }) => virtualMs < 650 && (faults.clockJump ?? 0) > 0)).toBe(true);
    expect(runs.some(({ virtualMs, faults }) => virtualMs >= 700 && faults.clockJump === undefined)).toBe(true);
  });

  it('have timers that end late, and clocks that differ', () => {
    const arm = (timer: number, ms: number) => does(0, { kind: 'arm', timer, ms });
    const world = alone({ calls: [arm(1, 10), arm(2, 30)] });
    // Both are armed within a few ms; only a late first timer ends after the second.
    const late = search({ ...world }, { lateTimer: 0.5 }, ([a]) => a === 'timer 2,timer 1');
    expect(late.found).toBe(true);
    const ends = new Set(
      Array.from({ length: 20 }, (_, seed) => run(alone({ calls: [arm(1, 1000)] }), {}, seed).virtualMs),
    );
    expect(ends.size).toBeGreaterThan(10);
  });
});

describe('disks of the simulator', () => {
  const write = (payload: number, address: number) => does(0, { kind: 'write', op: address, address, payload });
  const read = { ...does(0, { kind: 'read', op: 3, address: 1, blocks: 2 }) };
  const quietly = (index: number) => (view: WorldView) =>
    view.diskOpsInFlight === 0 && Array.from({ length: index }, (_, at) => view.issued(at)).every((n) => n > 0);
  const program = [write(10, 1), does(0, { kind: 'flush', op: 2 }), write(20, 2), read].map((call, index) => ({
    ...call,
    when: quietly(index),
  }));

  it.each([
    ['diskError', { diskError: 0.3 }, /write 1 io-error/],
    ['diskFull', { diskFull: 0.3 }, /write 1 no-space/],
    ['lostWrite', { lostWrite: 0.3 }, /write 1 ok.*read 3 ok 0,20/],
    ['misdirectedWrite', { misdirectedWrite: 0.5 }, /read 3 ok -1,0/],
    ['rot', { rot: 200 }, /read 3 ok -1,20/],
    ['tornWrite', { tornWrite: 0.9, crash: 100 }, /read 3 ok .*-1/],
    ['diskSlow', { diskSlow: 0.5 }, /read 3 ok 10,20/],
  ])('know %s', (name, faults, line) => {
    const outcome = search(alone({ calls: program }), faults, ([a]) => line.test(a ?? ''));
    expect(outcome.found).toBe(true);
    expect(outcome.faults[name]).toBeGreaterThan(0);
  });

  it('lie only on the nodes of one of the given sets, a different one in different runs', () => {
    const world = pair({
      calls: [0, 1].flatMap((node) => [
        { ...does(node, { kind: 'write', op: 1, address: 1, payload: 10 }), times: 50 },
        { ...does(node, { kind: 'read', op: 3, address: 1, blocks: 1 }), times: 50 },
      ]),
    });
    const failing = Array.from({ length: 100 }, (_, seed) => {
      const { logs } = run(world, { diskError: 0.5 }, seed, { faultyDisks: [[0], [1]] });
      return logs.map((log) => log.includes('io-error')).join();
    });
    expect(new Set(failing)).toEqual(new Set(['false,false', 'true,false', 'false,true']));
  });

  it('keep what was flushed through any crash, and may lose what was not', () => {
    const world = alone({ calls: program, monitors: [flushKeeps] });
    const { found, faults } = search(world, { crash: 450 }, ([a]) => /read 3 ok 10,0/.test(a ?? ''));
    expect(found).toBe(true);
    expect(faults.crash).toBeGreaterThan(50);
  });

  it('show the bug of a disk that lies about its flushes', () => {
    const world = alone({ calls: program, monitors: [flushKeeps] });
    const violations = Array.from({ length: 200 }, (_, seed) => run(world, { rot: 100 }, seed).violation);
    expect(violations.find((violation) => violation !== undefined)).toMatchObject({ property: 'flush keeps' });
  });
});

/** Once a flush after the first write was answered, with no crash between them, block 1 reads as written. */
const flushKeeps = monitor({
  name: 'flush keeps',
  watches: ['event', 'crash'],
  initial: () => ({ stage: 0, wrong: false }),
  observe(state, { kind, value }) {
    if (kind === 'crash') {
      if (state.stage === 1) state.stage = 0;
      return;
    }
    const event = value as RecorderEvent;
    if (event.type !== 'disk' || event.result.outcome !== 'ok') return;
    if (event.result.kind === 'write' && event.op === 1 && state.stage === 0) state.stage = 1;
    if (event.result.kind === 'flush' && state.stage === 1) state.stage = 2;
    if (event.result.kind === 'read' && state.stage === 2) state.wrong = event.result.blocks[0] !== 10;
  },
  encode(state, into) {
    into.uint(state.stage);
    into.flag(state.wrong);
  },
  decode: (from) => ({ stage: from.uint(), wrong: from.flag() }),
  violation: (state) => (state.wrong ? 'a flushed block does not read as written' : undefined),
});
