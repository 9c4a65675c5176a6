import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Streams } from './streams.ts';

/** Where a store lies unless a directory is named. */
export const defaultStore = '.holdfast';

/** The verbs that ask a served store for something: objects in and out, nodes down and up. */
export function addObjectVerbs(
  program: Command,
  streams: Streams,
  finish: (verb: Promise<number>) => Promise<void>,
): void {
  const verbs = () => import('./serve/object-verbs.ts');
  const verb = (signature: string, summary: string) =>
    program
      .command(signature)
      .description(summary)
      .option('--store <dir>', 'the directory that is served', defaultStore);

  verb('put', 'store a file, or standard input, under a key; or a directory, each file under KEY/ and its path')
    .argument('<KEY>', 'the name of the object')
    .argument('[FILE]', 'the file or directory; - or none for standard input')
    .option('--technique <technique>', 'none, mirror, N+1 or N+2 (N from 1 to 8); default: that of the store')
    .option('--json', 'print one JSON document')
    .action(async (key, file, options) => finish((await verbs()).runPutVerb(key, file, options, streams)));

  verb('change', 'keep an object by another technique, while it is read')
    .argument('<KEY>', 'the name of the object')
    .argument('<TECHNIQUE>', 'none, mirror, N+1 or N+2 (N from 1 to 8)')
    .option('--json', 'print one JSON document')
    .action(async (key, technique, options) => {
      const { runPlainVerb } = await verbs();
      await finish(
        runPlainVerb({ verb: 'change', key, technique }, `${key} is kept as ${technique}`, options, streams),
      );
    });

  verb('get', 'write an object to a file, or to standard output')
    .argument('<KEY>', 'the name of the object')
    .argument('[FILE]', 'the file; - or none for standard output')
    .action(async (key, file, options) => finish((await verbs()).runGetVerb(key, file, options, streams)));

  verb('ls', 'list the objects')
    .option('--json', 'print one JSON document')
    .action(async (options) => finish((await verbs()).runListVerb(options, streams)));

  verb('rm', 'remove an object')
    .argument('<KEY>', 'the name of the object')
    .option('--json', 'print one JSON document')
    .action(async (key, options) => {
      const { runPlainVerb } = await verbs();
      await finish(runPlainVerb({ verb: 'rm', key }, `${key} removed`, options, streams));
    });

  verb('verify', 'compare a directory with what is stored of it, byte by byte')
    .argument('<DIR>', 'the directory; it is only read')
    .argument('[KEY]', 'what its files were stored under; default: the name of the directory')
    .option('--json', 'print one JSON document')
    .action(async (directory, key, options) => {
      const { runVerifyVerb } = await import('./serve/tree-verbs.ts');
      await finish(runVerifyVerb(directory, key, options, streams));
    });

  verb('trace', 'overwrite a part of a block, and show each step at the two nodes (Fig. 15 of the seed)')
    .addOption(
      new Option('-t, --toughness <level>', 'when the write is answered: 0 begun, 1 held by two nodes, 2 on two drives')
        .choices(['0', '1', '2'])
        .default('2'),
    )
    .addOption(
      new Option('--technique <technique>', 'how the object is protected')
        .choices(['parity', 'mirror'])
        .default('parity'),
    )
    .option('--json', 'print one JSON document')
    .action(async (options) => {
      const { runTraceVerb } = await import('./serve/trace-verb.ts');
      await finish(runTraceVerb({ ...options, toughness: Number(options.toughness) }, streams));
    });

  verb('inspect', 'show which node owns the index entry of an object, and the chain of guesses that leads there')
    .argument('<KEY>', 'the name of the object')
    .option('--json', 'print one JSON document')
    .action(async (key, options) => {
      const { runInspectVerb } = await import('./serve/inspect-verb.ts');
      await finish(runInspectVerb(key, options, streams));
    });

  verb('kill', 'end a node as a crash would')
    .argument('<NODE>', 'n0 to n63', nodeName)
    .option('--json', 'print one JSON document')
    .action(async (node, options) => {
      const { runPlainVerb } = await verbs();
      await finish(runPlainVerb({ verb: 'kill', node }, `${node} is dead`, options, streams));
    });

  verb('revive', 'start a dead node again')
    .argument('<NODE>', 'n0 to n63', nodeName)
    .option('--json', 'print one JSON document')
    .action(async (node, options) => {
      const { runPlainVerb } = await verbs();
      await finish(runPlainVerb({ verb: 'revive', node }, `${node} is up`, options, streams));
    });

  verb('replace', 'give a node an empty drive in the place of the one it has or had, and fill it')
    .argument('<NODE>', 'n0 to n63', nodeName)
    .option('--json', 'print one JSON document')
    .action(async (node, options) => {
      const { runReplaceVerb } = await import('./serve/mending-verbs.ts');
      await finish(runReplaceVerb(node, options, streams));
    });

  verb('rebuild', 'fill the drive of a node with what it should hold')
    .argument('<NODE>', 'n0 to n63', nodeName)
    .option('--json', 'print one JSON document')
    .action(async (node, options) => {
      const { runRebuildVerb } = await import('./serve/mending-verbs.ts');
      await finish(runRebuildVerb(node, options, streams));
    });

  verb('rehome', 'give what dead nodes held to spare nodes, so that others may die')
    .option('--json', 'print one JSON document')
    .action(async (options) => {
      const { runRehomeVerb } = await import('./serve/mending-verbs.ts');
      await finish(runRehomeVerb(options, streams));
    });

  verb('scrub', 'read everything, restore what is damaged, and name what is gone')
    .option('--json', 'print one JSON document')
    .action(async (options) => {
      const { runScrubVerb } = await import('./serve/mending-verbs.ts');
      await finish(runScrubVerb(options, streams));
    });
}

function nodeName(text: string): string {
  if (!/^n(\d|[1-5]\d|6[0-3])$/.test(text)) throw new InvalidArgumentError('Nodes are named n0 to n63.');
  return text;
}
