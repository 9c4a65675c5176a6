import type { CellTable } from '@holdfast/kernel';
import { connectionTable } from '../kernel/connection-table.ts';
import type { ConnectionState } from '../kernel/connection-types.ts';
import { sessionTable } from '../kernel/session-table.ts';
import type { SessionState } from '../kernel/session-types.ts';
import type { ConnectionScenario } from './connection-scenario.ts';
import { connectionWorld } from './connection-world.ts';
import type { SessionScenario } from './session-scenario.ts';
import { sessionWorld } from './session-world.ts';
import { mermaidOf, type Naming, type Transition, transitionsOf } from './transition-graph.ts';

/** Worlds small enough to be walked whenever the document is checked, and rich enough to show every arrow. */
const connectionWorlds = (
  [
    { name: 'open late', connects: [1, 1], slowLooks: true },
    { name: 'close', connects: [1, 1], sessionMay: ['close', 'retain'] },
    { name: 'end', connects: [1, 1], sessionMay: ['end', 'retain'], viewErrs: true, slowHosts: true },
    { name: 'give up', connects: [1, 1], disconnects: [1, 0], slowHosts: true, portFailures: 1 },
    {
      name: 'upgrade',
      connects: [1, 2],
      faults: { crash: 1, restart: 1 },
      upgrade: [1, 2],
      versions: [
        [1, 1],
        [2, 2],
      ],
    },
    { name: 'no link', connects: [1, 1], links: [[0], [1]] },
  ] satisfies ConnectionScenario[]
).map((scenario) => connectionWorld(scenario));

const small = { links: 2, windows: [1], sends: [[1], [0]], sessions: 1 } as const;
const sessionWorlds = (
  [
    { ...small, name: 'close', closes: [0], linkFaults: 1 },
    { ...small, name: 'lose links', sends: [[0], [0]], linkFaults: 2, carriersStayOff: true, closes: [0] },
    {
      ...small,
      name: 'suspect',
      closes: [0],
      says: [{ event: { type: 'link-suspect', link: 0 } }, { event: { type: 'link-restored', link: 0 } }],
    },
    { ...small, name: 'suspect and fail', says: [{ event: { type: 'link-suspect', link: 0 } }], linkFaults: 1 },
    { ...small, name: 'restart', agreed: [0], linkFaults: 1, faults: { crash: 1, restart: 1 }, sessions: 2 },
    { ...small, name: 'resume', sends: [[0], [0]], linkFaults: 2 },
  ] satisfies SessionScenario[]
).map((scenario) => sessionWorld(scenario));

/** Where a connection rests or takes something down; every stage of an attempt leads there when it fails. */
const downStages: ReadonlySet<string> = new Set(['idle', 'waiting', 'incompatible', 'abandoning', 'destroying']);
const liveStages: ReadonlySet<string> = new Set(['open', 'retained', 'closing', 'ending']);

/** The parts of docs/connection.md that are written by the code, by name. */
export function generatedSections(): ReadonlyMap<string, string> {
  const stageOf: Naming = (state) => [(state as ConnectionState).stage];
  const sessionNamings: Naming[] = [
    (state) => [phaseOf(state as SessionState)],
    (state) => linksOf(state as SessionState),
  ];
  const [stages = []] = transitionsOf('connection', connectionWorlds, [stageOf]);
  const [phases = [], links = []] = transitionsOf('session', sessionWorlds, sessionNamings);
  return new Map([
    ['opening', mermaidOf(stages.filter(isOpening))],
    ['closing', mermaidOf(stages.filter(isClosing))],
    ['phases', mermaidOf(phases)],
    ['links', mermaidOf(links)],
    ['session cells', cellsOf(sessionTable)],
    ['connection cells', cellsOf(connectionTable)],
  ]);
}

const phaseOf = ({ phase, retained }: SessionState): string => (phase === 'open' && retained ? 'retained' : phase);

/** Link states while a session lives; outside one every link counts as down. */
const linksOf = ({ links }: SessionState): string[] => links.map(({ state }) => state);

const isOpening = ({ from, to }: Transition): boolean => !downStages.has(to) && !liveStages.has(from);

const isClosing = ({ from, to }: Transition): boolean =>
  liveStages.has(from) || ((from === 'destroying' || from === 'abandoning') && downStages.has(to));

/** Row by row what is handled, and what is ignored and why; what is not listed can never happen. */
function cellsOf(table: CellTable): string {
  const lines = ['| row | handled | ignored |', '|---|---|---|'];
  for (const [row, columns] of Object.entries(table)) {
    const handled: string[] = [];
    const ignored = new Map<string, string[]>();
    for (const [column, cell] of Object.entries(columns)) {
      if (cell.class === 'handled') handled.push(column);
      if (cell.class === 'ignored') ignored.set(cell.why, [...(ignored.get(cell.why) ?? []), column]);
    }
    const reasons = [...ignored].map(([why, ignoredColumns]) => `${ignoredColumns.join(', ')}: ${why}`);
    lines.push(`| ${row} | ${handled.join(', ')} | ${reasons.join('; ')} |`);
  }
  return lines.join('\n');
}

const begin = (name: string): string => `<!-- generated: ${name} -->`;
const end = '<!-- end -->';

/** `text` with its generated parts written anew. */
export function withGeneratedSections(text: string): string {
  let updated = text;
  for (const [name, section] of generatedSections()) {
    const from = updated.indexOf(begin(name));
    const to = updated.indexOf(end, from);
    if (from === -1 || to === -1) throw new RangeError(`the document has no place for the generated part ${name}`);
    updated = `${updated.slice(0, from)}${begin(name)}\n${section}\n${updated.slice(to)}`;
  }
  return updated;
}
