import { describe, expect, it } from 'vitest';
import { explore, mesh, parallelLinks, part, StackLoopError, WorldSpecError, worldModel } from '../../src/index.ts';
import { recorder } from '../support/recorder.ts';
import { alone, does, logOf, pair, reachable, reachableLogs, recorderNode, sends } from '../support/recorder-world.ts';

describe('nodes of an explored world', () => {
  it('forget everything in a crash and start as the next incarnation', () => {
    const world = pair({ calls: [sends(0, 0, '1')], faults: { crash: 1, restart: 1 } }, { starts: true });
    const logs = reachable(world, (view) => `${view.up(1)} ${view.incarnation(1)} ${logOf(view, 1).join()}`);
    expect(logs).toContain('true 0 start 0,1');
    expect(logs).toContain('false 0 ');
    expect(logs).toContain('true 1 start 1');
    expect(logs).toContain('true 1 start 1,1');
    expect(logs).not.toContain('true 1 start 0,1');
  });

  it('stay down where no restart is allowed, and lose what is sent to them', () => {
    const world = pair({ calls: [sends(0, 0, '1')], faults: { crash: 1 } });
    const seen = reachable(world, (view) => `${view.up(1)} ${view.messages(0, 0).length}`);
    expect(seen).toContain('false 0');
    expect(seen).not.toContain('false 1');
  });

  it('never crash where they are immortal', () => {
    const world = pair({ calls: [], faults: { crash: 2 } });
    const [first, second] = world.nodes;
    const seen = reachable({ ...world, nodes: [first!, { ...second!, immortal: true }] }, (view) => {
      return `${view.up(0)} ${view.up(1)}`;
    });
    expect(seen).toEqual(new Set(['true true', 'false true']));
  });

  it('break their links when they crash, and make them whole when they are back', () => {
    const world = pair({ calls: [], faults: { crash: 1, restart: 1 } }, { links: true, starts: true });
    const both = reachable(world, (view) => `${logOf(view, 0).join()} | ${logOf(view, 1).join()}`);
    const back = 'start 0,port 0 up,port 0 down,port 0 up | start 1,port 0 up';
    expect(both).toContain(back);
    // An end that knew its link up learns that it was gone before it learns that it is back.
    for (const log of both) expect(log).not.toContain('up,port 0 up');
  });

  it('are known to have missed messages, or may have received them, where the sender takes them back', () => {
    const links = parallelLinks(1, true);
    const world = pair({ links, calls: [sends(0, 0, '1', '2')], faults: { crash: 1 } }, { takesBack: true });
    const seen = reachable(world, (view) => logOf(view, 0).join());
    const known = ['back 1 back 2', 'back 2'].map((back) => `port 0 down ${back}`);
    expect(seen).toEqual(new Set(['', 'port 0 down', ...known]));
  });

  it('take back nothing of what arrived, and forget what they sent to a node that starts again', () => {
    const world = pair(
      { links: parallelLinks(1, true), calls: [sends(0, 0, '1'), sends(1, 0, 'x')], faults: { crash: 1, restart: 1 } },
      { takesBack: true },
    );
    const seen = reachable(
      world,
      (view) => `${logOf(view, 0).join()} | ${view.incarnation(1)} ${logOf(view, 1).join()}`,
    );
    expect(seen).toContain('port 0 down back 1,port 0 up | 1 port 0 up');
    for (const log of seen) if (log.includes('back 1')) expect(log).not.toMatch(/ 1$/u);
  });

  it('take back only what they want', () => {
    const world = pair(
      { links: parallelLinks(1, true), calls: [sends(0, 0, '1', '2')], faults: { crash: 1 } },
      { takesBack: true, wantsBack: (message) => message === '2' },
    );
    const seen = reachable(world, (view) => logOf(view, 0).join());
    expect(seen).toEqual(new Set(['', 'port 0 down', 'port 0 down back 2']));
  });

  it('end their timers at any moment, or only while nothing is in flight', () => {
    const calls = [does(0, { kind: 'arm', timer: 7, ms: 5 }, { kind: 'send', to: 0, value: '1' })];
    const hasBoth = (timers: 'always' | 'quiet') =>
      reachable(pair({ calls, timers }), (view) => `${logOf(view, 0).join()} | ${logOf(view, 1).join()}`);
    expect(hasBoth('always')).toContain('timer 7 | ');
    expect(hasBoth('quiet')).not.toContain('timer 7 | ');
    expect(hasBoth('quiet')).toContain('timer 7 | 1');
  });

  it('never end a timer that was disarmed, and end one armed twice once', () => {
    const calls = [
      does(
        0,
        { kind: 'arm', timer: 1, ms: 5 },
        { kind: 'arm', timer: 2, ms: 5 },
        { kind: 'arm', timer: 2, ms: 9 },
        { kind: 'disarm', timer: 1 },
        { kind: 'disarm', timer: 3 },
      ),
    ];
    expect(reachableLogs(alone({ calls }), 0)).toEqual(new Set(['', 'timer 2']));
  });

  it('refuse a world whose links lead nowhere', () => {
    const bad = (links: ReturnType<typeof mesh>, ports = [0]) =>
      worldModel(pair({ links, nodes: [recorderNode('a', ports), recorderNode('b', ports)] }));
    expect(() => bad(mesh(3))).toThrow(WorldSpecError);
    expect(() => bad([...parallelLinks(1), ...parallelLinks(1)])).toThrow('port 0 of node 0 has two links');
    expect(() => bad(parallelLinks(1), [5])).toThrow('no part of node 1 owns port 0');
  });

  it('end parts that feed each other without end', () => {
    const echo = part({
      name: 'echo',
      kernel: { ...recorder, step: (_state, _event, _env, out) => out.deliver('again' as never) },
      env: () => undefined,
      above: () => ({ part: 0, event: { type: 'timer', timer: 0 } as const }),
    });
    const { violations } = explore(worldModel(alone({ nodes: [{ name: 'a', parts: [echo] }], calls: [does(0)] })));
    expect(violations).toMatchObject([{ kind: 'error', property: StackLoopError.name }]);
  });
});
