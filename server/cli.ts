import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import {
  CLIENT_KINDS,
  PlaygroundError,
  assignLine,
  compareOutcomes,
  compareRuns,
  describe,
  describePolls,
  outcomeOf,
  printAssignment,
  printTrace,
  rebalancesOf,
  idsOf,
  simulate,
  toMermaid,
  traceOfRecording,
  withClient,
  type ClientKind,
  type GroupPoll,
  type Scenario,
  type SimulateOptions,
  type Trace,
  type Verdict,
} from '../engine/index.ts';
import { readAccess } from './access.ts';
import { describeBroker, startBroker } from './broker/choose-broker.ts';
import {
  checkWritable,
  readContent,
  readScenario,
  readTrace,
  wrongContent,
  type Content,
} from './files.ts';
import { serve } from './main.ts';
import { brokerConfigOf, printRecording } from './run/recording-file.ts';
import { POLL_MS, runLive } from './run/live-run.ts';
import { prefixOf, withPrefix } from './run/own-names.ts';
import { refuseUnrunnable } from './run/refuse.ts';
import { runTap } from './run/tap-run.ts';
import { readPort, readSettings } from './settings.ts';
import { onInterrupt } from './shutdown.ts';
import type { Address } from './wire/addresses.ts';
import { readAddress } from './wire/tap.ts';

/** Exit codes: 0 done or same, 1 different, 2 could not. */
const EXIT_DIFFERENT = 1;
const EXIT_COULD_NOT = 2;

const program = new Command('playground')
  .description('Step through Kafka consumer group rebalances; run them on a real broker.')
  .showHelpAfterError('(--help shows the commands)')
  .exitOverride();

program
  .command('serve', { isDefault: true })
  .description('serves the site and the bridge on loopback')
  .option('--port <port>', 'port; 0 takes any free one', (text) => readPort(text, '--port'))
  .option('--host <address>', 'listens there instead of on loopback; with --allow-remote')
  .option('--allow-remote', 'lets other machines in; who has the address printed can start runs')
  .action(async ({ port, host, allowRemote = false }: ServeFlags) => {
    const settings = readSettings(process.env);
    const access = readAccess(host, allowRemote);
    await serve({ ...settings, port: port ?? settings.port }, access);
  });

const clientOption = new Option('--client <client>', 'plays every member by this client').choices(
  CLIENT_KINDS,
);

program
  .command('simulate <file>')
  .description('simulates a scenario; without an option prints it as a list of sentences')
  .option('--seed <number>', 'seed of latencies and ids', readSeed)
  .option('--ids-from <recording>', 'takes the member ids from a recording')
  .addOption(clientOption)
  .addOption(new Option('--outcome', 'prints the outcome as JSON').conflicts(['trace', 'mermaid']))
  .addOption(new Option('--trace', 'prints the trace as JSON Lines').conflicts('mermaid'))
  .option('--mermaid', 'prints a Mermaid sequence diagram')
  .action(async (file: string, options: SimulateFlags) => {
    const scenario = playedBy(await readScenario(file), options.client);
    const trace = simulate(scenario, await simulateOptions(options));
    if (options.outcome === true) print(`${JSON.stringify(outcomeOf(trace), null, 1)}\n`);
    else if (options.trace === true) print(printTrace(trace));
    else if (options.mermaid === true) print(diagramOf(trace));
    else print(accountOf(trace));
  });

program
  .command('live <file>')
  .description('runs a scenario with real clients on a real broker; prints the recording')
  .option('--out <file>', 'writes the recording there instead')
  .option('--poll-every <ms>', 'how often an admin looks at the group', readPollMs, POLL_MS)
  .addOption(clientOption)
  .action(async (file: string, { out, client, pollEvery }: LiveFlags) => {
    if (out !== undefined) await checkWritable(out);
    const recording = await live(playedBy(await readScenario(file), client), pollEvery);
    if (out === undefined) print(recording);
    else await writeFile(out, recording);
  });

program
  .command('tap')
  .description(
    'stands before a broker and tells of the rebalances of programs that come through it',
  )
  .requiredOption('--listen <address>', 'where your programs are to connect', readLoopback)
  .requiredOption('--to <address>', 'the broker', readBroker)
  .option('--group <id>', 'the group to watch; else the first that a member joins')
  .option('--out <file>', 'writes the recording there at the end (Ctrl-C)')
  .action(async ({ listen, to, group, out }: TapFlags) => {
    const recording = await untilInterrupt((signal) =>
      runTap(
        {
          listen,
          to,
          group: group ?? null,
          onSentence: (atMs, sentence) => {
            print(timed(atMs, sentence));
          },
          onProgress: complain,
        },
        signal,
      ),
    );
    if (out === undefined) return;
    if (recording === null) complain('No member joined a group, so there is nothing to write.');
    else await writeFile(out, printRecording(recording));
  });

program
  .command('compare <left> <right>')
  .description(
    'compares two runs: scenario, recording, trace or outcome files (exit 0 same, 1 not)',
  )
  .action(async (left: string, right: string) => {
    const [a, b] = [await readContent(left), await readContent(right)];
    const verdict = compareContents(a, b);
    print(printVerdict(verdict));
    if (verdict.result === 'divergence') process.exitCode = EXIT_DIFFERENT;
  });

program
  .command('mermaid <file>')
  .description('prints a scenario, recording or trace as a Mermaid sequence diagram')
  .action(async (file: string) => {
    const content = await readContent(file);
    if (content.type === 'outcome') {
      throw wrongContent(file, content, 'a scenario, a recording or a trace, which have messages,');
    }
    print(diagramOf(content.type === 'trace' ? content.trace : simulate(content.scenario)));
  });

program
  .command('assign')
  .description('answers groups on standard input, one JSON object a line: who gets what')
  .action(async () => {
    let lineNumber = 0;
    for await (const line of createInterface({ input: process.stdin })) {
      lineNumber += 1;
      if (line.trim() === '') continue;
      print(`${printAssignment(assignLine(line, `Standard input, line ${lineNumber}`))}\n`);
    }
  });

interface ServeFlags {
  readonly port?: number;
  readonly host?: string;
  readonly allowRemote?: boolean;
}

interface LiveFlags {
  readonly out?: string;
  readonly client?: ClientKind;
  readonly pollEvery: number;
}

interface TapFlags {
  readonly listen: Address;
  readonly to: Address;
  readonly group?: string;
  readonly out?: string;
}

interface SimulateFlags {
  readonly seed?: number;
  readonly idsFrom?: string;
  readonly client?: ClientKind;
  readonly outcome?: boolean;
  readonly trace?: boolean;
  readonly mermaid?: boolean;
}

function readBroker(text: string): Address {
  const address = readAddress(text);
  if (address !== null) return address;
  throw new InvalidArgumentError('It must be host:port, such as 127.0.0.1:9092.');
}

function readLoopback(text: string): Address {
  const address = readBroker(text);
  if (/^(localhost|127(\.\d{1,3}){3}|::1)$/.test(address.host)) return address;
  throw new InvalidArgumentError('It must be an address of this machine alone: 127.0.0.1:PORT.');
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError('It must be a whole number, 0 or more.');
}

function readPollMs(text: string): number {
  const everyMs = Number(text);
  if (/^\d+$/.test(text) && everyMs >= 50 && everyMs <= 600_000) return everyMs;
  throw new InvalidArgumentError('It must be whole milliseconds from 50 to 600000.');
}

async function simulateOptions({ seed, idsFrom }: SimulateFlags): Promise<SimulateOptions> {
  const seeded = seed === undefined ? {} : { seed };
  if (idsFrom === undefined) return seeded;
  return { ...seeded, ...idsOf(await readTrace(idsFrom)) };
}

/** The scenario with other clients where asked; what they do not have is said, not hidden. */
function playedBy(scenario: Scenario, client: ClientKind | undefined): Scenario {
  if (client === undefined) return scenario;
  const changed = withClient(scenario, client);
  if (changed.leftOut.length > 0) {
    complain(`Left out, because ${client} does not have it: ${changed.leftOut.join('; ')}.`);
  }
  return changed.scenario;
}

async function live(scenario: Scenario, pollMs: number): Promise<string> {
  const settings = readSettings(process.env);
  refuseUnrunnable(scenario, (await describeBroker(settings)).kind);
  return untilInterrupt(async (signal) => {
    const broker = await startBroker(settings, brokerConfigOf(scenario), complain);
    try {
      const polls: GroupPoll[] = [];
      const onPoll = (poll: GroupPoll): void => {
        polls.push(poll);
      };
      const listener = { onHeader: ignore, onLine: ignore, onPoll, onProgress: complain };
      const recording = await runLive(scenario, broker, listener, signal, { pollMs });
      const trace = traceOfRecording(recording.header, recording.lines);
      complain(describePolls(trace, polls, pollMs));
      return printRecording(recording);
    } finally {
      await broker.stop();
    }
  });
}

/** Does something that the first Ctrl-C ends. */
function untilInterrupt<Result>(act: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const cancel = new AbortController();
  onInterrupt(() => {
    cancel.abort();
  });
  return act(cancel.signal);
}

const ignore = (): void => undefined;

function compareContents(left: Content, right: Content): Verdict {
  const [a, b] = [traceOf(left, right), traceOf(right, left)];
  if (a !== null && b !== null) return compareRuns(a, b);
  return compareOutcomes(
    left.type === 'outcome' ? left.outcome : outcomeOf(needTrace(a)),
    right.type === 'outcome' ? right.outcome : outcomeOf(needTrace(b)),
    { left: a?.scenario ?? null, right: b?.scenario ?? null },
  );
}

/**
 * A scenario is simulated with the ids of the run that it is compared with, and with the names that run
 * had on a broker of somebody else: assignors go by their order.
 */
function traceOf(content: Content, other: Content): Trace | null {
  if (content.type === 'trace') return content.trace;
  if (content.type === 'outcome') return null;
  if (other.type !== 'trace') return simulate(content.scenario);
  const prefix = prefixOf(other.trace.scenario);
  return simulate(withPrefix(content.scenario, prefix), idsOf(other.trace));
}

function needTrace(trace: Trace | null): Trace {
  if (trace === null) throw new Error('bug: neither an outcome nor a trace');
  return trace;
}

function printVerdict({ summary, differences, firstDivergence }: Verdict): string {
  const lines = differences.map(
    ({ sentence, rule }) => `- ${rule === null ? 'divergence' : `allowed (${rule})`}: ${sentence}`,
  );
  const parting =
    firstDivergence === null
      ? []
      : [`They part at step ${firstDivergence.leftStep} and step ${firstDivergence.rightStep}.`];
  return `${[summary, ...lines, ...parting].join('\n')}\n`;
}

/** One diagram of the whole run, from its first rebalance to its last. */
function diagramOf(trace: Trace): string {
  const last = rebalancesOf(trace).at(-1);
  return toMermaid(trace, 0, last?.toStep ?? trace.events.length - 1);
}

const accountOf = (trace: Trace): string =>
  trace.events.map(({ atMs, step }) => timed(atMs, describe(trace, step))).join('');

const timed = (atMs: number, sentence: string): string =>
  `${String(atMs).padStart(7)} ms  ${sentence}\n`;

function print(text: string): void {
  process.stdout.write(text);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : EXIT_COULD_NOT);
});

/** `serve` is what no command means, but a word that is no command is a mistake. */
function refuseUnknownCommand([word]: readonly string[]): void {
  if (word === undefined || word.startsWith('-') || word === 'help') return;
  const names = program.commands.map((command) => command.name());
  if (names.includes(word)) return;
  throw new PlaygroundError(
    'usage',
    `There is no command "${word}".`,
    `Use one of ${names.join(', ')}; --help shows them.`,
  );
}

try {
  refuseUnknownCommand(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  if (error instanceof PlaygroundError) complain(`${error.message}\n${error.remedy}`);
  else if (!(error instanceof CommanderError)) throw error;
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  process.exitCode = isHelp ? 0 : EXIT_COULD_NOT;
}
