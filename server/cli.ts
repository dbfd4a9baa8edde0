import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import {
  CLIENT_KINDS,
  POLL_MS,
  PlaygroundError,
  assignLine,
  describe,
  describePolls,
  outcomeOf,
  parseRecording,
  printAssignment,
  printTrace,
  rebalancesOf,
  circumstancesOf,
  simulate,
  toMermaid,
  traceOfRecording,
  withClient,
  type ClientKind,
  type GroupPoll,
  type Scenario,
  type SimulateOptions,
  type Trace,
} from '../engine/index.ts';
import { LOOPBACK, printAccess, readAccess } from './access.ts';
import { brokerCountOf } from './broker/broker.ts';
import { describeBroker, startBroker } from './broker/choose-broker.ts';
import { compareContents, type Comparison } from './compare/compare-contents.ts';
import { printSideBySide, printVerdict } from './compare/print-comparison.ts';
import { printRanges } from './compare/ranges.ts';
import { numberedFile, reportRepeats } from './compare/repeats.ts';
import { addMatrixCommand } from './conformance/matrix-command.ts';
import {
  checkWritable,
  nameOf,
  readContent,
  readScenario,
  readTrace,
  wrongContent,
  type Content,
} from './files.ts';
import { serve } from './main.ts';
import { brokerConfigOf, printRecording } from './run/recording-file.ts';
import { runLive } from './run/live-run.ts';
import { refuseUnrunnable } from './run/refuse.ts';
import { TapDesk } from './run/tap-desk.ts';
import { tellOfTap } from './run/tap-run.ts';
import {
  readKafkaVersion,
  readPort,
  readSettings,
  withKafkaVersion,
  type Settings,
} from './settings.ts';
import { onInterrupt } from './shutdown.ts';
import type { Address } from './wire/addresses.ts';
import { isLoopbackHost, printAddress, readAddress } from './wire/tap.ts';

/** Exit codes: 0 done or same, 1 different, 2 could not. */
const EXIT_DIFFERENT = 1;
const EXIT_COULD_NOT = 2;

const program = new Command('playground')
  .description('Step through Kafka consumer group rebalances; run them on a real broker.')
  .showHelpAfterError('(--help shows the commands)')
  .exitOverride();

const kafkaVersionOption = new Option(
  '--kafka-version <version>',
  'of the broker that is started here',
).argParser((text) => readKafkaVersion(text, '--kafka-version'));

program
  .command('serve', { isDefault: true })
  .description('serves the site and the bridge on loopback')
  .option('--port <port>', 'port; 0 takes any free one', (text) => readPort(text, '--port'))
  .option('--host <address>', 'listens there instead of on loopback; with --allow-remote')
  .option('--allow-remote', 'lets other machines in; who has the address printed can start runs')
  .addOption(kafkaVersionOption)
  .action(async ({ port, host, allowRemote = false, kafkaVersion }: ServeFlags) => {
    const settings = withKafkaVersion(readSettings(process.env), kafkaVersion);
    const access = readAccess(host, allowRemote);
    await untilInterrupt((signal) =>
      serve(
        { ...settings, port: port ?? settings.port },
        access,
        new TapDesk({ tls: settings.security.tls, say: complain }),
        signal,
        (bound) => {
          for (const line of printAccess(access, bound)) complain(line);
        },
      ),
    );
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
  .option(
    '--repeat <count>',
    'runs it so many times and tells whether the runs agree and how long they took',
    readCount,
  )
  .option('--poll-every <ms>', 'how often an admin looks at the group', readPollMs, POLL_MS)
  .addOption(clientOption)
  .addOption(kafkaVersionOption)
  .action(async (file: string, { out, client, repeat, pollEvery, kafkaVersion }: LiveFlags) => {
    if (out !== undefined) await checkWritable(out);
    const settings = withKafkaVersion(readSettings(process.env), kafkaVersion);
    const scenario = playedBy(await readScenario(file), client);
    if (repeat !== undefined) {
      await repeatLive(settings, scenario, repeat, pollEvery, out);
      return;
    }
    await onBroker(settings, scenario, pollEvery, async (run) => {
      const recording = await run();
      if (out === undefined) print(recording);
      else await writeFile(out, recording);
    });
  });

program
  .command('tap')
  .description(
    'stands before a broker, and shows the rebalances of programs that come through it on a page',
  )
  .requiredOption('--listen <address>', 'where your programs are to connect', readLoopback)
  .requiredOption('--to <address>', 'the broker', readBroker)
  .option('--group <id>', 'the only group to watch; else all, and in words the first of them')
  .option('--out <file>', 'writes the recording there at the end (Ctrl-C)')
  .option('--port <port>', 'port of the page; else any free one', (text) =>
    readPort(text, '--port'),
  )
  .option('--no-page', 'only words, no page')
  .action(async ({ listen, to, group, out, port, page }: TapFlags) => {
    if (out !== undefined) await checkWritable(out);
    const settings = readSettings(process.env);
    const { tls } = settings.security;
    const taps = new TapDesk({ tls, say: complain });
    const recording = await untilInterrupt(async (signal) => {
      const tapId = await taps.start({ listen, to, group: group ?? null });
      complain(`Point your programs to ${printAddress(listen)} instead of ${printAddress(to)}.`);
      if (tls !== null) complain('They speak no TLS to it: the tap does that to the broker.');
      const failed = new AbortController();
      const until = AbortSignal.any([signal, failed.signal]);
      try {
        const onPort = { ...settings, port: port ?? 0 };
        const [watched] = await Promise.all([
          tellOfTap(taps, tapId, { onSentence, onProgress: complain }, until),
          ...(page ? [serve(onPort, readAccess(undefined, false), taps, until, tellPage)] : []),
        ]);
        return watched === null ? null : taps.recording(tapId, watched);
      } finally {
        failed.abort();
        await taps.close();
      }
    });
    if (out === undefined) return;
    if (recording === null) complain('No member joined a group, so there is nothing to write.');
    else await writeFile(out, printRecording(recording));
  });

const onSentence = (atMs: number, sentence: string): void => {
  print(timed(atMs, sentence));
};

const tellPage = (port: number): void => {
  complain(`See it at http://${LOOPBACK}:${port}/#tap`);
};

program
  .command('compare <first> <others...>')
  .description(
    'compares a run with others: scenario, recording, trace or outcome files (exit 0 same, 1 not)',
  )
  .option(
    '--side-by-side',
    'prints what every member did in two columns, also without a divergence',
  )
  .action(async (first: string, others: readonly string[], flags: { sideBySide?: boolean }) => {
    const contents = await readAll([first, ...others]);
    const [left, ...rights] = contents;
    if (left === undefined) throw new Error('bug: commander wants two files');
    if (flags.sideBySide === true) contents.forEach(needSteps);
    const found: Comparison[] = [];
    for (const right of rights) {
      if (rights.length > 1) print(`== ${left.name} against ${right.name}\n`);
      found.push(compareAndPrint(left, right, flags.sideBySide === true));
      if (rights.length > 1) print('\n');
    }
    const sameCount = found.filter(({ verdict }) => verdict.result !== 'divergence').length;
    if (rights.length > 1) {
      print(`${sameCount} of ${rights.length} came to the same as ${left.name}.\n`);
      print(rangesOf(left.name, found));
    }
    if (sameCount < rights.length) process.exitCode = EXIT_DIFFERENT;
  });

addMatrixCommand(program, untilInterrupt, complain);

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

interface LiveFlags {
  readonly out?: string;
  readonly client?: ClientKind;
  readonly repeat?: number;
  readonly pollEvery: number;
  readonly kafkaVersion?: string;
}

interface ServeFlags {
  readonly port?: number;
  readonly host?: string;
  readonly allowRemote?: boolean;
  readonly kafkaVersion?: string;
}

interface TapFlags {
  readonly listen: Address;
  readonly to: Address;
  readonly group?: string;
  readonly out?: string;
  readonly port?: number;
  readonly page: boolean;
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
  if (isLoopbackHost(address.host)) return address;
  throw new InvalidArgumentError('It must be an address of this machine alone: 127.0.0.1:PORT.');
}

function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 100) return count;
  throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
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
  return { ...seeded, ...circumstancesOf(await readTrace(idsFrom)) };
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

/** A file, and how texts call it. */
interface Given {
  readonly name: string;
  readonly content: Content;
}

async function readAll(files: readonly string[]): Promise<readonly Given[]> {
  const given: Given[] = [];
  // One after the other, so that of several bad files the first is told of.
  for (const file of files) given.push({ name: nameOf(file), content: await readContent(file) });
  return given;
}

function needSteps({ name, content }: Given): void {
  if (content.type !== 'outcome') return;
  throw wrongContent(name, content, 'a scenario, a recording or a trace, which have steps,');
}

/** Compares two files and prints what comes of it; after a divergence with the members that it is about. */
function compareAndPrint(left: Given, right: Given, isWhole: boolean): Comparison {
  const found = compareContents(left.content, right.content);
  const { verdict, runs } = found;
  print(printVerdict(verdict));
  if (runs !== null && (isWhole || verdict.result === 'divergence')) {
    const names = [headOf(left.name, runs.left), headOf(right.name, runs.right)] as const;
    print(`\n${printSideBySide({ ...runs, names, verdict }, isWhole, outputWidth())}`);
  }
  return found;
}

/** How long the others took to each milestone, and the first beside them; of outcomes nothing is known. */
function rangesOf(name: string, found: readonly Comparison[]): string {
  const runs = found.map((each) => each.runs).filter((each) => each !== null);
  if (runs.length === 0) return '';
  const others = { title: `${runs.length} others`, traces: runs.map(({ right }) => right) };
  // A scenario is simulated anew with the ids of each of the others.
  const firsts = [...new Set(runs.map(({ left }) => left))];
  return `\n${printRanges(others, { title: basename(name), traces: firsts })}`;
}

/** `run.jsonl (recorded: kafka 4.3.1, java 4.3.1)` */
function headOf(name: string, { source, versions }: Trace): string {
  const what = Object.entries(versions).map((entry) => entry.join(' '));
  return `${basename(name)} (${[source, what.join(', ')].filter(Boolean).join(': ')})`;
}

/** Of the terminal; where there is none, as of two columns that take most lines whole. */
const outputWidth = (): number => (process.stdout.isTTY ? process.stdout.columns : 140);

/** Has a broker for a scenario, which `run` runs and prints as a recording. */
async function onBroker(
  settings: Settings,
  scenario: Scenario,
  pollMs: number,
  act: (run: () => Promise<string>) => Promise<void>,
): Promise<void> {
  refuseUnrunnable(scenario, (await describeBroker(settings)).kind, settings.kafkaVersion);
  await untilInterrupt(async (signal) => {
    const count = brokerCountOf(scenario);
    const broker = await startBroker(settings, brokerConfigOf(scenario), complain, count);
    try {
      await act(async () => {
        const polls: GroupPoll[] = [];
        const onPoll = (poll: GroupPoll): void => {
          polls.push(poll);
        };
        const listener = { onHeader: ignore, onLine: ignore, onPoll, onProgress: complain };
        const recording = await runLive(scenario, broker, listener, signal, { pollMs });
        const trace = traceOfRecording(recording.header, recording.lines);
        complain(describePolls(trace, polls, pollMs));
        return printRecording(recording);
      });
    } finally {
      await broker.stop();
    }
  });
}

/** Writes each run when it is over, so that an interrupt leaves those that are whole. */
async function repeatLive(
  settings: Settings,
  scenario: Scenario,
  count: number,
  pollMs: number,
  out: string | undefined,
): Promise<void> {
  const traces: Trace[] = [];
  await onBroker(settings, scenario, pollMs, async (run) => {
    for (let number = 1; number <= count; number += 1) {
      complain(`Run ${number} of ${count}.`);
      const recording = await run();
      if (out !== undefined) await writeFile(numberedFile(out, number), recording);
      traces.push(parseRecording(recording, `Run ${number}`));
    }
  });
  const { text, isSame } = reportRepeats(traces);
  print(text);
  if (!isSame) process.exitCode = EXIT_DIFFERENT;
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
