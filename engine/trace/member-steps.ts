import type { CallbackName } from '../protocol/facts.ts';
import { memberOf, type MemberId, type MemberName } from '../protocol/ids.ts';
import { apiOf, errorCodeIn, isRequest, type GroupMessage } from '../protocol/messages.ts';
import { printPartition, sortPartitions, type TopicPartition } from '../protocol/partitions.ts';
import { memberCommanded } from '../scenarios/scenario.ts';
import { describeCommand } from './describe.ts';
import type { EventOf, Trace, TraceEvent } from './events.ts';
import { hasNews } from './news.ts';
import { addOffsets, type OffsetRanges } from './offset-ranges.ts';

/** Something that one member did or was told: a row of one side of an alignment. */
export interface MemberStep {
  /** Where it is in the trace: of an exchange, its answer. */
  readonly step: number;
  readonly atMs: number;
  /** What it is, without what came of it: steps of one kind can stand for each other. */
  readonly kind: string;
  /** The whole in a few words, free of times and random ids; two runs agree in it or they do not. */
  readonly text: string;
  /** The member's generation or epoch, which it has learnt by then; null when it is in none. */
  readonly generation: number | null;
  /** How often it happened without anything else between. */
  readonly count: number;
  /** Heartbeats, commits and the like that followed, were answered NONE, and changed nothing. */
  readonly quiet: number;
  /** The parts of an outcome that it bears on: `callbacks.C2`, `generations`. */
  readonly about: readonly string[];
}

type Told = Omit<MemberStep, 'step' | 'atMs' | 'generation' | 'count' | 'quiet'>;

/** What each member did and was told up to the scenario's end, in its own order. */
export function memberSteps(trace: Trace): ReadonlyMap<MemberName, readonly MemberStep[]> {
  const names = new Map<MemberName, MemberSteps>(
    trace.scenario.members.map(({ name }) => [name, new MemberSteps(name)]),
  );
  const ids = new Map<MemberId, MemberName>(
    [...trace.memberIds].flatMap(([name, all]) => all.map((id) => [id, name] as const)),
  );
  const delivered = new Map<string, OffsetRanges>();
  for (const event of trace.events) {
    if (event.atMs > trace.scenario.untilMs) break;
    const name = memberConcerned(event);
    const steps = name === null ? undefined : names.get(name);
    if (event.kind === 'recordsPolled') {
      const key = printPartition(event.partition);
      const before = delivered.get(key) ?? [];
      const { ranges, repeatedCount } = addOffsets(before, event.firstOffset, event.lastOffset);
      delivered.set(key, ranges);
      if (repeatedCount > 0) steps?.add(event, readsAgain(key));
    } else if (event.kind === 'memberIdentity') {
      if (steps !== undefined) steps.generation = event.generationId;
    } else steps?.take(trace, event, ids);
  }
  return new Map([...names].map(([name, { all }]) => [name, all]));
}

/** Whose story an event is part of. Of an exchange that is known to the end, its answer tells. */
function memberConcerned(event: TraceEvent): MemberName | null {
  if (event.kind === 'command') return memberCommanded(event.command);
  return memberOf(event.kind === 'messageSent' ? event.to : event.actor);
}

class MemberSteps {
  readonly all: MemberStep[] = [];
  generation: number | null = null;
  readonly #name: MemberName;

  constructor(name: MemberName) {
    this.#name = name;
  }

  take(trace: Trace, event: TraceEvent, ids: ReadonlyMap<MemberId, MemberName>): void {
    const name = this.#name;
    switch (event.kind) {
      case 'command': {
        if (event.command.do === 'start') this.generation = null;
        const text = `script: ${describeCommand(event.command)}`;
        this.add(event, { kind: text, text, about: [] });
        return;
      }
      case 'messageSent': {
        const asked = event.answers === null ? undefined : trace.events[event.answers];
        if (asked?.kind !== 'messageSent') return;
        this.#takeExchange(event, asked.message, ids);
        return;
      }
      case 'callbackEntered':
        this.add(event, calls(name, event.callback, event.partitions));
        return;
      case 'memberError': {
        const text = `error ${event.exception.replace(/^.*\./, '')}`;
        this.add(event, { kind: 'error', text, about: [] });
        return;
      }
      case 'memberExit':
        // The end of a killed member is its crash command.
        if (event.code === null) return;
        this.generation = null;
        this.add(event, {
          kind: 'exit',
          text: `exits with code ${event.code}`,
          about: [`final.${name}`],
        });
        return;
      default:
        return;
    }
  }

  add({ step, atMs }: TraceEvent, told: Told): void {
    const last = this.all.at(-1);
    if (last?.text === told.text && last.quiet === 0 && told.kind !== 'exit') {
      this.all[this.all.length - 1] = { ...last, count: last.count + 1 };
    } else {
      this.all.push({ ...told, step, atMs, generation: this.generation, count: 1, quiet: 0 });
    }
  }

  #takeExchange(
    answer: EventOf<'messageSent'>,
    request: GroupMessage,
    ids: ReadonlyMap<MemberId, MemberName>,
  ): void {
    const { message } = answer;
    const api = apiOf(message);
    if (api === 'FindCoordinator' || api === 'OffsetFetch') return;
    this.generation = generationIn(message) ?? this.generation;
    if (hasNews(request) || hasNews(message)) {
      const text = `${api}: ${cameTo(request, message, ids)}`;
      this.add(answer, { kind: api, text, about: aboutExchange(this.#name, message) });
      return;
    }
    const last = this.all.at(-1);
    if (last !== undefined) this.all[this.all.length - 1] = { ...last, quiet: last.quiet + 1 };
  }
}

const readsAgain = (partition: string): Told => ({
  kind: `reads ${partition} again`,
  text: `reads ${partition} again`,
  about: [`redelivered.${partition}`],
});

const calls = (
  name: MemberName,
  callback: CallbackName,
  partitions: readonly TopicPartition[],
): Told => ({
  kind: `listener: ${callback}`,
  text: `listener: ${callback} ${printAll(partitions)}`,
  about: [`callbacks.${name}`, `final.${name}`],
});

const printAll = (partitions: readonly TopicPartition[]): string =>
  partitions.length === 0
    ? 'no partitions'
    : sortPartitions(partitions).map(printPartition).join(', ');

function aboutExchange(name: MemberName, answer: GroupMessage): readonly string[] {
  if (errorCodeIn(answer) !== 'NONE') return [`errors.${name}`];
  const isRebalance = answer.type === 'JoinGroupResponse' || answer.type === 'SyncGroupResponse';
  return isRebalance ? ['generations'] : [];
}

/** The generation or epoch that an answer gives to its member. */
function generationIn(answer: GroupMessage): number | null {
  if (errorCodeIn(answer) !== 'NONE') return null;
  if (answer.type === 'JoinGroupResponse') return answer.generationId;
  return answer.type === 'ConsumerGroupHeartbeatResponse' ? answer.memberEpoch : null;
}

/** What an exchange came to, in words that two runs can agree in: no ids, no epochs. */
function cameTo(
  request: GroupMessage,
  answer: GroupMessage,
  ids: ReadonlyMap<MemberId, MemberName>,
): string {
  const errorCode = errorCodeIn(answer);
  if (errorCode !== 'NONE' || isRequest(answer)) return errorCode;
  switch (answer.type) {
    case 'JoinGroupResponse': {
      const role = answer.members.length > 0 ? 'leads' : 'follows';
      return `generation ${answer.generationId ?? '?'}, ${answer.protocolName ?? '?'}, ${role}`;
    }
    case 'SyncGroupResponse': {
      if (request.type !== 'SyncGroupRequest' || request.assignments.length === 0) {
        return printAll(answer.assignment);
      }
      const shares = request.assignments.map(
        ({ memberId, assignment }) => `${ids.get(memberId) ?? memberId} ${printAll(assignment)}`,
      );
      return `deals ${shares.sort().join('; ')}`;
    }
    case 'ConsumerGroupHeartbeatResponse': {
      const said = request.type === 'ConsumerGroupHeartbeatRequest' ? saysOf(request) : null;
      const told = answer.assignment === null ? null : `to own ${printAll(answer.assignment)}`;
      return [said, told].filter((part) => part !== null).join(', ');
    }
    default:
      return 'done';
  }
}

function saysOf({
  memberEpoch,
  topicPartitions,
}: Extract<GroupMessage, { type: 'ConsumerGroupHeartbeatRequest' }>): string | null {
  if (memberEpoch === 0) return 'joins';
  if (memberEpoch < 0) return memberEpoch === -1 ? 'leaves' : 'leaves for a while';
  return topicPartitions === null ? null : `owns ${printAll(topicPartitions)}`;
}
