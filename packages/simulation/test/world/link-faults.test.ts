import { describe, expect, it } from 'vitest';
import { type FaultBudget, parallelLinks, type WorldView } from '../../src/index.ts';
import { logOf, pair, reachable, reachableLogs, sends } from '../support/recorder-world.ts';

const logsWith = (faults: FaultBudget) => reachableLogs(pair({ calls: [sends(0, 0, '1', '2', '3')], faults }), 1);

describe('links of an explored world', () => {
  it('deliver everything in order where no fault is allowed', () => {
    expect(logsWith({})).toEqual(new Set(['', '1', '1,2', '1,2,3']));
  });

  it('lose as many messages as may be dropped, and no more', () => {
    const logs = logsWith({ drop: 1 });
    for (const log of ['2,3', '1,3', '1,2']) expect(logs).toContain(log);
    expect(logs).not.toContain('3');
    expect(logsWith({ drop: 2 })).toContain('3');
  });

  it('lose only messages that may be dropped', () => {
    const world = pair({
      calls: [sends(0, 0, '1', '2', '3')],
      faults: { drop: 2 },
      droppable: (message) => message === '2',
    });
    expect(reachableLogs(world, 1)).toEqual(new Set(['', '1', '1,2', '1,2,3', '1,3']));
  });

  it('are up from the start without a word where the world says so', () => {
    const world = pair(
      { links: parallelLinks(1, true), calls: [sends(0, 0, '1')], faults: { linkDown: 1 } },
      { links: true },
    );
    const logs = reachableLogs(world, 1);
    for (const log of ['1', 'port 0 down', '1,port 0 down,port 0 up']) expect(logs).toContain(log);
    expect(logs).not.toContain('port 0 up');
  });

  it('deliver a message twice', () => {
    const logs = logsWith({ duplicate: 1 });
    for (const log of ['1,1,2,3', '1,2,2,3', '1,2,3,3']) expect(logs).toContain(log);
    expect([...logs].filter((log) => log.length > '1,1,2,3'.length)).toEqual([]);
  });

  it('let a message overtake others', () => {
    const logs = logsWith({ reorder: 1 });
    for (const log of ['2,1,3', '3,1,2', '1,3,2']) expect(logs).toContain(log);
    expect(logs).not.toContain('3,2,1');
    expect(logsWith({ reorder: 2 })).toContain('3,2,1');
  });

  it('swallow a suffix of what is sent while one direction is cut, and nothing of the other', () => {
    const calls = [sends(0, 0, '1'), sends(0, 0, '2'), sends(1, 0, 'x')];
    const world = pair({ calls, faults: { cut: 1 } });
    const logs = reachable(world, (view) => `${logOf(view, 0)} | ${logOf(view, 1)}`);
    for (const log of ['x | 1', 'x | 2', 'x | ', ' | 1,2', 'x | 2,1']) expect(logs).toContain(log);
    // One cut hurts one direction: both sides cannot have lost something with nothing in flight.
    const lostBoth = reachable(world, (view) =>
      [0, 1, 2].every((call) => view.issued(call) === 1) && view.messagesInFlight === 0
        ? `${logOf(view, 0)} | ${logOf(view, 1)}`
        : '',
    );
    expect(lostBoth).not.toContain(' | ');
    expect(lostBoth).not.toContain(' | 1');
  });

  it('tell both ends of a break, each for itself, and lose what was in flight', () => {
    const world = pair({ calls: [sends(0, 0, '1', '2')], faults: { linkDown: 1 } }, { links: true });
    const logs = reachableLogs(world, 1);
    for (const log of [
      'port 0 up',
      'port 0 up,1,2',
      'port 0 up,1,port 0 down',
      'port 0 up,port 0 down,port 0 up',
      'port 0 up,1,port 0 down,port 0 up',
    ]) {
      expect(logs).toContain(log);
    }
    expect(logs).not.toContain('port 0 up,port 0 down,port 0 up,2');
    const pairs = reachable(world, (view) => `${logOf(view, 0).at(-1)} | ${logOf(view, 1).at(-1)}`);
    for (const both of ['port 0 down | port 0 up', 'port 0 up | port 0 down', 'port 0 up | undefined']) {
      expect(pairs).toContain(both);
    }
  });

  it('send nothing out of a link whose end believes it down', () => {
    const logs = reachableLogs(pair({ calls: [sends(0, 0, '1')] }, { links: true }), 1);
    // Sent before the sender heard of its link: lost.
    expect(logs).toContain('port 0 up');
    expect(logs).toContain('port 0 up,1');
    expect(logs).not.toContain('1');
  });

  it('bring ghosts: messages of before a break arrive after the link is up again', () => {
    // Sent when both ends know that the link is up, and neither that it broke.
    const bothUp = (view: WorldView) => [0, 1].every((node) => logOf(view, node).length === 1);
    const calls = [{ ...sends(0, 0, '1', '2'), when: bothUp }];
    const withGhost = pair({ calls, faults: { linkDown: 1, ghost: 1 } }, { links: true });
    const ghostly = 'port 0 up,port 0 down,port 0 up,1,2';
    expect(reachableLogs(withGhost, 1)).toContain(ghostly);
    expect(reachableLogs(pair({ calls, faults: { linkDown: 1 } }, { links: true }), 1)).not.toContain(ghostly);
  });

  it('let one end take a live link for down while the other notices nothing', () => {
    const world = pair({ calls: [sends(0, 0, '1')], faults: { suspect: 1 } }, { links: true });
    const both = reachable(world, (view) => `${logOf(view, 0).join()} | ${logOf(view, 1).join()}`);
    expect(both).toContain('port 0 up | port 0 up,port 0 down');
    expect(both).toContain('port 0 up,port 0 down | port 0 up');
    // Nothing is lost on a link that never broke.
    expect(both).toContain('port 0 up | port 0 up,port 0 down,port 0 up,1');
    expect(both).not.toContain('port 0 up,port 0 down | port 0 up,port 0 down');
  });

  it('report a link that breaks while it is suspected only once', () => {
    const world = pair({ calls: [], faults: { suspect: 1, linkDown: 1 } }, { links: true });
    for (const log of reachableLogs(world, 1)) expect(log).not.toContain('down,port 0 down');
  });
});
