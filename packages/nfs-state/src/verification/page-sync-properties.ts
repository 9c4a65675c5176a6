import { always, canFinish, type Property, quiescent, sometimes, type WorldView } from '@holdfast/simulation';
import { pageSyncRules } from '../kernel/page-sync-rules.ts';
import type { PageSyncGhost } from './page-sync-monitor.ts';
import { clientNode, clientOf, isAtRest, type PageSyncScenario, serversOf } from './page-sync-scenario.ts';

const ghostOf = (view: WorldView): PageSyncGhost => view.monitor<PageSyncGhost>(0);

/** What was promised survives whatever happens to a server, and is what readers see (I1). */
function keepsPromises(view: WorldView): string | undefined {
  const servers = serversOf(view);
  for (const [number, { promised, clean, current }] of ghostOf(view).pages.entries()) {
    if (promised === 0) continue;
    const { stable, unstable } = servers.pages[number]!;
    if (stable < promised) return `page ${number} was promised as ${promised}, ${stable} is stable`;
    if (unstable !== 0 && unstable < promised)
      return `page ${number} was promised as ${promised}, readers see ${unstable}`;
    if (clean && stable !== current) return `page ${number} was forgotten as ${current}, ${stable} is stable`;
    if (servers.size <= number) return `page ${number} is stable and lies behind the end of the file`;
  }
  return undefined;
}

/** What was cut off does not come back. */
function staysCutOff(view: WorldView): string | undefined {
  const servers = serversOf(view);
  for (const [number, { cut }] of ghostOf(view).pages.entries()) {
    const { stable, unstable } = servers.pages[number]!;
    if (cut && (stable !== 0 || unstable !== 0)) return `page ${number} was cut off and is there again`;
  }
  return undefined;
}

/** The only certain copy stays in memory: a page is clean or has an entry (I2). */
function keepsCopies(view: WorldView): string | undefined {
  const { pages } = clientOf(view);
  for (const [number, { current, clean, failed }] of ghostOf(view).pages.entries()) {
    if (current !== 0 && !clean && !failed && pages.get(number)?.content !== current) {
      return `page ${number} is not stable and its content is gone`;
    }
  }
  return undefined;
}

/** I4 and I7. */
function usesLayoutsRight(view: WorldView): string | undefined {
  const { layout, pages } = clientOf(view);
  if (layout.failed && layout.status === 'getting') return 'a layout is asked for although none can be had';
  if (layout.status !== 'returning' && layout.status !== 'none') return undefined;
  const needing = [...pages].find(([, page]) => pageSyncRules.needsLayout(page));
  return needing === undefined ? undefined : `page ${needing[0]} needs the layout that is given back`;
}

function nobodyWaitsForNothing(view: WorldView): string | undefined {
  const { flushes, truncation } = clientOf(view);
  const isWaiting = flushes.length > 0 || truncation !== undefined;
  if (isWaiting && view.armed(clientNode, 0).length === 0) return 'somebody waits, and nothing will happen';
  return undefined;
}

/** Once nothing is on its way, a layout that was asked back is not held any more. */
function obeysRecalls(view: WorldView): string | undefined {
  const { layout } = clientOf(view);
  const isAskedBack = layout.generation <= ghostOf(view).recalled;
  return layout.status === 'held' && isAskedBack ? 'a layout was asked back and is still held' : undefined;
}

/**
 * A server that showed that it forgot is not believed to hold anything it took before (I6). Where the metadata server
 * commits for data servers, its answers may overtake theirs: their next COMMIT shows it.
 */
function believesNoForgetful({ commitsThroughMetadataServer }: PageSyncScenario, view: WorldView): string | undefined {
  if (commitsThroughMetadataServer === true) return undefined;
  const { committed } = ghostOf(view);
  for (const [number, { status, server, verifier }] of clientOf(view).pages) {
    if (pageSyncRules.isForgotten(status) && verifier < committed[server]!)
      return `page ${number} is believed to be at server ${server}, which showed that it forgot`;
  }
  return undefined;
}

export const pageSyncProperties = (scenario: PageSyncScenario): readonly Property<WorldView>[] => [
  always('what was promised is stable, and seen (I1)', keepsPromises),
  always('what was cut off stays cut off', staysCutOff),
  always('a page that is not stable is in memory (I2)', keepsCopies),
  always('layouts are asked for and given back in time (I4, I7)', usesLayoutsRight),
  always('a server that forgot is not believed (I6)', (view) => believesNoForgetful(scenario, view)),
  quiescent('whoever waits has a timer armed', nobodyWaitsForNothing),
  quiescent('recalled layouts are given back', obeysRecalls),
  canFinish('everybody has an answer (I5)', isAtRest),
  ...(scenario.flushes > 0
    ? [
        sometimes<WorldView>('something was promised', (view) =>
          ghostOf(view).pages.some(({ promised }) => promised > 0),
        ),
      ]
    : []),
];
