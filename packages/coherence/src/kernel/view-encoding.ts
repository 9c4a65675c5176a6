import { type Decoder, type Encoder, EncodingError } from '@holdfast/kernel';
import { noNodes } from './node-set.ts';
import { decodeEntry, encodeEntry } from './object-entry.ts';
import {
  type EarlyMessage,
  type Marked,
  type Report,
  type Reported,
  type View,
  type ViewKey,
  type ViewState,
  viewPhases,
} from './view-types.ts';

const writeUint = (value: number, into: Encoder): void => into.uint(value);
const readUint = (from: Decoder): number => from.uint();

function writeKey(key: ViewKey, into: Encoder): void {
  into.flag(typeof key === 'number');
  if (typeof key === 'number') into.uint(key);
  else writeText(key, into);
}

const readKey = (from: Decoder): ViewKey => (from.flag() ? from.uint() : readText(from));

const writeText = (text: string, into: Encoder): void =>
  into.list(
    Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)),
    writeUint,
  );

const readText = (from: Decoder): string => String.fromCharCode(...from.list(readUint));

function writeView({ epoch, members, leaving }: View, into: Encoder): void {
  into.uint(epoch);
  into.list(members, writeUint);
  into.list(leaving ?? noNodes, writeUint);
}

function readView(from: Decoder): View {
  const [epoch, members, leaving] = [from.uint(), from.list(readUint), from.list(readUint)];
  return leaving.length === 0 ? { epoch, members } : { epoch, members, leaving };
}

const roles = ['owner', 'copy', 'trace', 'none'] as const;

function writeReported({ from, report }: Reported, into: Encoder): void {
  into.uint(from);
  writeKey(report.key, into);
  into.uint(roles.indexOf(report.role));
  into.flag(report.exists);
  into.flag(report.lost);
  into.uint(report.version);
  into.uint(report.incarnation);
  into.int(report.shadowAt);
  into.int(report.shadow);
}

function readReported(from: Decoder): Reported {
  const node = from.uint();
  const key = readKey(from);
  const report: Report = {
    key,
    role: roles[from.uint()]!,
    exists: from.flag(),
    lost: from.flag(),
    version: from.uint(),
    incarnation: from.uint(),
    shadowAt: from.int(),
    shadow: from.int(),
  };
  return { from: node, report };
}

function writeMarked({ node, epoch, since }: Marked, into: Encoder): void {
  into.uint(node);
  into.uint(epoch);
  into.uint(since);
}

const readMarked = (from: Decoder): Marked => ({ node: from.uint(), epoch: from.uint(), since: from.uint() });

/** What comes early is what a host sent: it is kept as the text of its plain data. */
function writeEarly({ from, key, message }: EarlyMessage, into: Encoder): void {
  into.uint(from);
  writeKey(key, into);
  writeText(JSON.stringify(message), into);
}

const readEarly = (from: Decoder): EarlyMessage => ({
  from: from.uint(),
  key: readKey(from),
  message: JSON.parse(readText(from)),
});

/** The order of the keys, whatever order they were met in. */
const byText = ([a]: readonly [ViewKey, unknown], [b]: readonly [ViewKey, unknown]): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;

export function encodeView(state: ViewState, into: Encoder): void {
  into.uint(viewPhases.indexOf(state.phase));
  writeView(state.view, into);
  writeView(state.served, into);
  into.uint(state.since);
  into.list(state.left, writeUint);
  into.list(state.coming, writeView);
  into.list(state.marked, writeMarked);
  into.list(state.reports, writeReported);
  into.list(state.reported, writeUint);
  into.list(state.settled, writeUint);
  into.list(state.early, writeEarly);
  into.list([...state.objects].sort(byText), ([key, entry], to) => {
    writeKey(key, to);
    encodeEntry(entry, to);
  });
}

/** @throws EncodingError for a phase there is none of. */
export function decodeView(from: Decoder): ViewState {
  const phase = viewPhases[from.uint()];
  if (phase === undefined) throw new EncodingError('no such phase');
  return {
    phase,
    view: readView(from),
    served: readView(from),
    since: from.uint(),
    left: from.list(readUint),
    coming: from.list(readView),
    marked: from.list(readMarked),
    reports: from.list(readReported),
    reported: from.list(readUint),
    settled: from.list(readUint),
    early: from.list(readEarly),
    objects: new Map(from.list((each) => [readKey(each), decodeEntry(each)] as const)),
  };
}
