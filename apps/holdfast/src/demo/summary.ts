import { showBytes, showCount, showMany } from '../terminal/figures.ts';
import type { Style, Terminal } from '../terminal/terminal.ts';
import type { DemoReport } from './report.ts';

/** Names printed of a list that may be long; the rest is counted. */
const namesShown = 5;

/** The report at the end of the demo: what was done, what came back, and what that proves. */
export function printSummary(terminal: Terminal, report: DemoReport, keptAt: string | undefined): void {
  const style = (name: Style, text: string) => terminal.style(name, text);
  const row = (label: string, value: string) => terminal.line(`  ${label.padEnd(24)}${value}`);
  const { killedAt, nodes, seconds } = report;

  terminal.line();
  terminal.line(style('bold', 'Report'));
  row(
    'stored',
    `${showMany(report.filesFull + report.filesDegraded, 'file')}, ${showBytes(report.bytes)}, on ${nodes} nodes`,
  );
  row('', `${showCount(report.filesFull)} full: every block and its parity on disk`);
  row('', `${showCount(report.filesDegraded)} degraded: safe, without a spare (${killedAt.node} was dead)`);
  row('killed', `${killedAt.node} after ${killedAt.seconds.toFixed(1)} s, storing ${killedAt.file}`);
  row('stored after the kill', `${showBytes(report.bytesStoredAfterKill)} of ${showBytes(report.bytes)}`);
  if (report.index !== undefined) {
    const { entries, writtenByDead, readBy, different } = report.index;
    row(
      'index the nodes share',
      `${showMany(entries, 'entry', 'entries')}; ${killedAt.node} had written to it ${showMany(writtenByDead, 'time')}`,
    );
    const verdict = different === 0 ? 'all of them, as written' : style('red', `${showCount(different)} different`);
    row('', `read by ${readBy.join(', ')} after it died: ${verdict}`);
  }
  if (report.lock !== undefined) {
    const { grantedBy, servedBy, pauseMs, bytes, differentBytes, stillHeld, stillRefused } = report.lock;
    const verdict = stillHeld && stillRefused ? 'still held, the other client still refused' : style('red', 'not kept');
    row(
      'lock of an NFS client',
      `granted by ${grantedBy}, served by ${servedBy} ${pauseMs} ms after it died: ${verdict}`,
    );
    const read = differentBytes === 0 ? 'as written' : style('red', `${showCount(differentBytes)} different`);
    row('', `${showBytes(bytes)} written under it through a page cache, half of them made stable after that: ${read}`);
  }
  if (report.overwrites !== undefined) {
    const { answered, afterKill, blocks, caughtBetween, different } = report.overwrites;
    row(
      'small overwrites',
      `${showCount(answered)} of ${showCount(blocks)} blocks, ${showCount(afterKill)} after the kill`,
    );
    if (caughtBetween > 0) {
      row('', `${killedAt.node} died in the middle of one: its change was sent, its block not made durable`);
    }
    const verdict =
      different === 0 ? 'every block as last answered' : style('red', `${showCount(different)} different`);
    row('', `read back without ${killedAt.node}: ${verdict}`);
  }
  if (report.revived !== undefined) {
    const { blocksMoved, repairedBytes, isWhole } = report.revived;
    const missed = `${showMany(blocksMoved, 'block')} moved, ${showBytes(repairedBytes)} of files restored`;
    row('came back', `${killedAt.node} with its old drive: ${isWhole ? missed : style('red', 'it did not catch up')}`);
  }
  if (report.mended !== undefined) {
    const { bytes, objects, lostGroups } = report.mended;
    const verdict = lostGroups === 0 ? 'nothing lost' : style('red', `${showMany(lostGroups, 'group')} lost`);
    row(
      'empty drive filled',
      `${showBytes(bytes)} for ${killedAt.node}; ${showMany(objects, 'object')} scrubbed: ${verdict}`,
    );
  }
  if (report.processDeath !== undefined) {
    const { answered, different } = report.processDeath;
    const whole = answered === 0 ? 'nothing to look for' : 'all there';
    const verdict = different === 0 ? whole : style('red', `${showCount(different)} blocks different`);
    row('process killed (-9)', `after ${showMany(answered, 'answered overwrite')}, and started again: ${verdict}`);
  }
  row('read back', `without ${killedAt.node}'s drive file, from the other ${nodes - 1}`);
  row(
    'SHA-256 equal',
    `${showCount(report.filesVerified)} of ${showMany(report.filesFull + report.filesDegraded, 'file')}`,
  );
  row('SHA-256 different', report.mismatches === 0 ? '0' : style('red', showCount(report.mismatches)));
  names(terminal, report.mismatchedFiles);
  if (report.changedWhileStoring > 0) {
    row(
      'changed meanwhile',
      `${showMany(report.changedWhileStoring, 'file')}, by somebody else; held against what was stored`,
    );
    names(
      terminal,
      report.changedFiles.map(({ path, change }) => `${path} (${change})`),
    );
  }
  if (report.unreadable > 0) {
    row('could not be read', style('yellow', showMany(report.unreadable, 'entry', 'entries')));
    names(
      terminal,
      report.unreadableFiles.map(({ path, errno }) => `${path} (${errno})`),
    );
  }
  row(
    'seconds',
    Object.entries(seconds)
      .map(([phase, spent]) => `${phaseNames[phase] ?? phase} ${spent.toFixed(1)}`)
      .join(' · '),
  );
  row('again, the same way', `holdfast demo ${quoted(report.directory)} --nodes ${nodes} --seed ${report.seed}`);
  if (keptAt !== undefined) row('store kept in', keptAt);
  listFiles(terminal, report);

  terminal.line();
  const [verdictStyle, verdict] = verdictOf(report);
  terminal.line(style(verdictStyle, verdict));
}

const phaseNames: Readonly<Record<string, string>> = {
  walk: 'looking',
  start: 'starting',
  store: 'storing',
  reopen: 'reopening',
  readBack: 'reading back',
  revive: 'catching up',
  mend: 'filling a drive',
  processDeath: 'killing the process',
  checkSource: 'hashing the source',
};

const isLockKept = ({ lock }: DemoReport): boolean =>
  lock === undefined || (lock.stillHeld && lock.stillRefused && lock.differentBytes === 0);

function verdictOf(report: DemoReport): [Style, string] {
  const { killedAt, nodes } = report;
  if (report.mismatches > 0) return ['red', `✗ ${showMany(report.mismatches, 'file')} did not come back as stored.`];
  if ((report.index?.different ?? 0) > 0) return ['red', '✗ The index that the nodes share lost entries.'];
  if (!isLockKept(report)) return ['red', '✗ A lock did not survive the head that granted it.'];
  if ((report.overwrites?.different ?? 0) > 0) return ['red', '✗ Blocks that were overwritten did not come back.'];
  if (report.revived?.isWhole === false) return ['red', '✗ The node that came back did not catch up.'];
  if ((report.mended?.lostGroups ?? 0) > 0) return ['red', '✗ The empty drive could not be filled.'];
  if ((report.processDeath?.different ?? 0) > 0) return ['red', '✗ Overwrites did not survive the process.'];
  if (report.manifest === 'different') return ['red', '✗ The list of the tree did not come back as it was stored.'];
  const held = `Every stored file came back byte for byte, with one of ${nodes} nodes (${killedAt.node}) gone.`;
  if (report.unreadable > 0) return ['yellow', `! ${held} But parts of the source could not be read.`];
  return ['green', `✓ ${held}`];
}

function listFiles(terminal: Terminal, report: DemoReport): void {
  if (report.fileList === undefined) return;
  terminal.line();
  terminal.line(terminal.style('bold', 'Files'));
  for (const { path, bytes, sha256, stored, verified } of report.fileList) {
    const mark = verified ? ' ' : terminal.style('red', '✗');
    terminal.line(`${mark} ${stored.padEnd(9)}${showBytes(bytes).padStart(10)}  ${sha256.slice(0, 16)}  ${path}`);
  }
}

function names(terminal: Terminal, all: readonly string[]): void {
  for (const name of all.slice(0, namesShown)) terminal.line(`${' '.repeat(26)}${name}`);
  if (all.length > namesShown)
    terminal.line(`${' '.repeat(26)}and ${all.length - namesShown} more (--json lists them)`);
}

/** For a shell, when it needs quotes. */
function quoted(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
