import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { exitCodes } from './exit-codes.ts';
import type { Streams } from './streams.ts';

/** Exit codes of every verb, shown under `--help`. */
const exitCodeHelp = `
Exit codes:
  0  everything asked for was done and holds
  1  it failed or does not hold: data is not safe, a violation was found
  2  the arguments or the input cannot be used; nothing was done
  3  what could be read is safe, but parts of the source could not be read
  130, 143  stopped by Ctrl-C or SIGTERM, after cleaning up`;

const demoHelp = `
What it does:
  Starts a cluster of nodes (threads) with one drive file each, stores every file below DIR
  on it with parity, kills one node between writing a block and making it durable, goes on
  storing, closes the cluster, opens the store again without the dead node's file, reads
  every file back and compares SHA-256 sums. DIR is only read; nothing is left behind.

Examples:
  $ holdfast demo
  $ holdfast demo ~/project --exclude node_modules --exclude '*.iso'
  $ holdfast demo ~/project --nodes 6 --seed 7 --json`;

/**
 * Runs the `holdfast` command.
 *
 * @param argv the arguments after the command's name.
 * @returns the exit code.
 */
export async function runCommand(argv: readonly string[], streams: Streams): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const finish = async (verb: Promise<number>) => {
    exitCode = await verb;
  };
  const program = new Command('holdfast')
    .description('A storage cluster inside a Node process that keeps working when a node dies.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: (text) => streams.stdout.write(text), writeErr: (text) => streams.stderr.write(text) })
    .showHelpAfterError('(holdfast --help lists the verbs)')
    .addHelpText('after', exitCodeHelp);

  program
    .command('demo')
    .summary('store a directory, kill a node, and check every byte')
    .description('Store a real directory on a cluster with parity, kill a node in the middle, and check every byte.')
    .argument('[DIR]', 'the directory to store; it is only read', '.')
    .option('-n, --nodes <count>', 'nodes of the cluster, 3 to 64', wholeNumber(3, 64), 4)
    .option('-s, --seed <number>', 'chooses the node that dies and when; printed by every run', wholeNumber(0, 2 ** 48))
    .option(
      '-x, --exclude <glob>',
      'leave out files and directories of this name or path; may be repeated',
      collect,
      [],
    )
    .option('--storage <dir>', 'where the store is put while the demo runs; default: the temporary directory')
    .option('--keep', 'leave the store where it is', false)
    .option('-v, --verbose', 'list every file with how it was stored', false)
    .option('--json', 'print one JSON document and nothing else', false)
    .addHelpText('after', demoHelp)
    .action(async (directory, options) => {
      const { runDemoVerb } = await import('./demo/demo-verb.ts');
      await finish(runDemoVerb({ directory, ...options }, streams));
    });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(streams, error, false);
  }
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(number) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
