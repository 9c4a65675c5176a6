import { availableParallelism } from 'node:os';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { verifyThreadsMax, verifyThreadsPreferredMax } from './limits.ts';
import { addObjectVerbs, defaultStore } from './object-commands.ts';
import { OutputWatch } from './output-watch.ts';
import type { Streams } from './streams.ts';
import { packageVersion } from './version.ts';

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
  every file back and compares SHA-256 sums. Another object is overwritten in small pieces
  meanwhile; the dead node comes back, catches up, is given an empty drive, which is filled
  and scrubbed; then a process is killed with kill -9 in the middle of overwrites, and what
  it was answered is read. DIR is only read; nothing is left behind.

Examples:
  $ holdfast demo
  $ holdfast demo ~/project --exclude node_modules --exclude '*.iso'
  $ holdfast demo ~/project --nodes 6 --seed 7 --json`;

const verifyThreads = Math.min(availableParallelism(), verifyThreadsPreferredMax);

/**
 * Runs the `holdfast` command.
 *
 * @param argv the arguments after the command's name.
 * @returns the exit code.
 */
export async function runCommand(argv: readonly string[], streams: Streams): Promise<number> {
  using output = new OutputWatch(streams.stdout);
  const exitCode = await dispatch(argv, streams);
  const failure = await output.failure();
  if (failure === undefined) return exitCode;
  streams.stderr.write(`holdfast: the output could not be written (${failure})\n`);
  return exitCode === exitCodes.ok ? exitCodes.failed : exitCode;
}

/** Finds the verb and runs it. */
async function dispatch(argv: readonly string[], streams: Streams): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const finish = async (verb: Promise<number>) => {
    exitCode = await verb;
  };
  const program = new Command('holdfast')
    .description('A storage cluster inside a Node process that keeps working when a node dies.')
    .version(packageVersion())
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
    .option('--keep', 'leave the store where it is')
    .option('-v, --verbose', 'list every file with how it was stored')
    .option('--json', 'print one JSON document and nothing else')
    .addHelpText('after', demoHelp)
    .action(async (directory, options) => {
      const { runDemoVerb } = await import('./demo/demo-verb.ts');
      await finish(runDemoVerb({ directory, ...options }, streams));
    });

  program
    .command('up')
    .summary('serve a store until Ctrl-C')
    .description(
      'Start a cluster and the store in DIR, and serve it until Ctrl-C or SIGTERM. A new store is made if there is none.',
    )
    .argument('[DIR]', 'the directory of the store', defaultStore)
    .option(
      '-n, --nodes <count>',
      'nodes of a new store, 3 to 64; default: 4. A store grows by more than it has',
      wholeNumber(3, 64),
    )
    .option('-p, --parity <count>', 'nodes a new store can lose at a time, 1 or 2; default: 1', wholeNumber(1, 2))
    .option('--json', 'print one JSON document per event')
    .action(async (directory, options) => {
      const { runUpVerb } = await import('./serve/up-verb.ts');
      await finish(runUpVerb({ directory, ...options }, streams));
    });

  program
    .command('status')
    .summary('how a store that is served is doing')
    .description('Ask the process that serves DIR how its nodes and drives are. Fails when data cannot be read.')
    .argument('[DIR]', 'the directory of the store', defaultStore)
    .option('--json', 'print one JSON document and nothing else')
    .action(async (directory, options) => {
      const { runStatusVerb } = await import('./serve/status-verb.ts');
      await finish(runStatusVerb({ directory, ...options }, streams));
    });

  addObjectVerbs(program, streams, finish);

  program
    .command('explore')
    .summary('check every interleaving of a protocol kernel')
    .description(
      'Walk every reachable state of the configurations of a protocol kernel, hold them against its properties, and check ' +
        'that every seeded bug is caught and every cell of its table is reached.',
    )
    .argument('[KERNEL]', 'the kernel; --list names them')
    .option('--list', 'list kernels, configurations and seeded bugs')
    .option('-c, --configuration <name>', 'only this configuration and its seeded bugs')
    .option('--long', 'the configurations that take many minutes and gigabytes too')
    .option('--no-mutants', 'leave the seeded bugs out')
    .option('--seconds <count>', 'give up on an exploration after this long', wholeNumber(1, 86_400))
    .option('--jobs <count>', 'threads that explore at the same time', wholeNumber(1, verifyThreadsMax), verifyThreads)
    .option('--scenarios <dir>', 'write the way to each violation and seeded bug there, as scenario files (coherence)')
    .option('--json <file>', 'write the results there, one entry for each configuration')
    .action(async (kernel, options) => {
      const { runExploreVerb } = await import('./verify/explore-verb.ts');
      await finish(runExploreVerb({ kernel, ...options }, streams));
    });

  program
    .command('sim')
    .summary('run a protocol kernel under random faults, by seed')
    .description(
      'Run a protocol kernel through random histories with faults of network, nodes and disks, in virtual time. The same ' +
        'seed gives the same histories. A failing one is made small and written to a file that replays it.',
    )
    .argument('[KERNEL]', 'the kernel; --list names them')
    .option('--list', 'list the kernels')
    .option('-s, --seed <number>', 'everything follows from it', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('-r, --runs <count>', 'histories to run', wholeNumber(1, 10_000_000), 100)
    .option('--seconds <count>', 'start no further history after this long', wholeNumber(1, 86_400))
    .option(
      '--jobs <count>',
      'threads that run histories at the same time; the result is the same for any number',
      wholeNumber(1, verifyThreadsMax),
      verifyThreads,
    )
    .option('--replay <file>', 'run this one history instead')
    .option('--json <file>', 'write the results there')
    .action(async (kernel, options) => {
      const { runSimVerb } = await import('./verify/sim-verb.ts');
      await finish(runSimVerb({ kernel, ...options }, streams));
    });

  program
    .command('history')
    .summary('record calls of real threads on a container, and check that they are linearizable')
    .description(
      'Start a cluster whose nodes use one container at once, record every call and its answer, kill nodes meanwhile if ' +
        'asked to, and look for an order of all calls in which each takes effect between its start and its answer.',
    )
    .option('--nodes <count>', 'worker nodes', wholeNumber(2, 8), 4)
    .option('--calls <count>', 'calls to record', wholeNumber(1, 100_000_000), 100_000)
    .option('--keys <count>', 'objects; one call in ten is on the first', wholeNumber(1, 1_000_000), 1000)
    .option('--clients <count>', 'callers of each node, each making one call after the other', wholeNumber(1, 64), 4)
    .option('--kills <count>', 'nodes to kill and start again, one after the other', wholeNumber(0, 1000), 0)
    .option('--away <ms>', 'how long a killed node stays away', wholeNumber(0, 60_000), 500)
    .option('-s, --seed <number>', 'what the callers ask for follows from it', wholeNumber(0, 2 ** 31), 1)
    .option('--json <file>', 'write the results there')
    .action(async (options) => {
      const { runHistoryVerb } = await import('./verify/history-verb.ts');
      await finish(runHistoryVerb(options, streams));
    });

  program
    .command('scenario')
    .summary('drive the coherence kernel by hand, from a file')
    .description(
      'Run scenario files: calls, deliveries of single messages, crashes, and what is expected of them. Prints each step, ' +
        'the state of every node, pass or fail. docs/scenarios.md has the format.',
    )
    .argument('<FILE...>', 'scenario files (JSON lines)')
    .option('-q, --quiet', 'print only steps that fail, and a verdict for each file')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (files, options) => {
      const { runScenarioVerb } = await import('./verify/scenario-verb.ts');
      await finish(runScenarioVerb({ files, ...options }, streams));
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

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
