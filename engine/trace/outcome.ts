import { existing } from '../assert.ts';
import type { MemberId, MemberName } from '../protocol/ids.ts';
import { memberOf } from '../protocol/ids.ts';
import { GROUP_APIS, apiOf, errorCodeIn, isRequest } from '../protocol/messages.ts';
import {
  comparePartitions,
  printPartition,
  readPartition,
  sortPartitions,
  type TopicPartition,
} from '../protocol/partitions.ts';
import type { EventOf, Trace, TraceEvent } from './events.ts';
import { addOffsets, type OffsetRanges } from './offset-ranges.ts';
import {
  OUTCOME_FORMAT,
  type Outcome,
  type OutcomeCallback,
  type OutcomeGeneration,
} from './outcome-types.ts';

/**
 * What a run came to, free of absolute times and random ids, so that simulated and recorded runs
 * can be compared with a plain equality. What happened after the scenario's end does not count.
 */
export function outcomeOf(trace: Trace): Outcome {
  const events = trace.events.filter(({ atMs }) => atMs <= trace.scenario.untilMs);
  return {
    format: OUTCOME_FORMAT,
    generations: generationsOf(trace, events),
    callbacks: callbacksOf(trace, events),
    errors: errorsOf(events),
    redelivered: redeliveredOf(events),
    final: finalOf(trace, events),
  };
}

const printAll = (partitions: readonly TopicPartition[]): readonly string[] =>
  sortPartitions(partitions).map(printPartition);

/** One for each generation whose leader's SyncGroup was accepted. */
function generationsOf(trace: Trace, events: readonly TraceEvent[]): readonly OutcomeGeneration[] {
  const names = namesOfIds(events);
  const protocols = new Map<number, string | null>();
  const generations: OutcomeGeneration[] = [];
  for (const event of events) {
    if (event.kind !== 'messageSent' || event.answers === null) continue;
    const { message } = event;
    if (message.type === 'JoinGroupResponse' && message.generationId !== null) {
      protocols.set(message.generationId, message.protocolName);
    }
    if (message.type !== 'SyncGroupResponse' || message.errorCode !== 'NONE') continue;
    const asked = sentAt(trace, event.answers);
    if (asked.message.type !== 'SyncGroupRequest' || asked.message.assignments.length === 0)
      continue;
    const { generationId, assignments } = asked.message;
    if (generations.some((generation) => generation.generationId === generationId)) continue;
    const entries = assignments.map(
      ({ memberId, assignment }) =>
        [names.get(memberId) ?? memberId, printAll(assignment)] as const,
    );
    generations.push({
      generationId,
      protocolName: protocols.get(generationId) ?? null,
      leader: existing(memberOf(event.to), 'receiver of the answer'),
      assignment: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
    });
  }
  return generations;
}

function namesOfIds(events: readonly TraceEvent[]): ReadonlyMap<MemberId, MemberName> {
  const names = new Map<MemberId, MemberName>();
  for (const event of events) {
    if (event.kind !== 'messageSent' || event.message.type !== 'JoinGroupResponse') continue;
    const name = memberOf(event.to);
    if (event.message.memberId !== null && name !== null) names.set(event.message.memberId, name);
  }
  return names;
}

function sentAt(trace: Trace, step: number): EventOf<'messageSent'> {
  const event = trace.events[step];
  if (event?.kind !== 'messageSent') throw new Error(`bug: no message was sent at step ${step}`);
  return event;
}

function callbacksOf(
  trace: Trace,
  events: readonly TraceEvent[],
): Readonly<Record<string, readonly OutcomeCallback[]>> {
  const callbacks = new Map<string, OutcomeCallback[]>();
  for (const event of events) {
    const name = memberOf(event.actor);
    if (event.kind !== 'callbackEntered' || name === null) continue;
    const call = { callback: event.callback, partitions: printAll(event.partitions) };
    callbacks.set(name, [...(callbacks.get(name) ?? []), call]);
  }
  const net = (name: string, calls: readonly OutcomeCallback[]): readonly OutcomeCallback[] =>
    isConsumerProtocol(trace, name) ? netCallbacks(calls) : calls;
  return Object.fromEntries([...callbacks].map(([name, calls]) => [name, net(name, calls)]));
}

const isConsumerProtocol = (trace: Trace, name: string): boolean =>
  trace.scenario.members.find((member) => member.name === name)?.config['group.protocol'] ===
  'consumer';

/**
 * KIP-848 hands partitions over in steps whose number depends on heartbeat phases: neighbours of
 * one kind are merged, empty calls dropped.
 */
function netCallbacks(calls: readonly OutcomeCallback[]): readonly OutcomeCallback[] {
  const net: OutcomeCallback[] = [];
  for (const call of calls) {
    if (call.partitions.length === 0) continue;
    const last = net.at(-1);
    if (last?.callback === call.callback) {
      const partitions = sortPrinted([...last.partitions, ...call.partitions]);
      net[net.length - 1] = { callback: call.callback, partitions };
    } else net.push(call);
  }
  return net;
}

function sortPrinted(names: readonly string[]): readonly string[] {
  const partitions = names.map((name) => existing(readPartition(name), `partition ${name}`));
  return partitions.sort(comparePartitions).map(printPartition);
}

/** Answers other than NONE that each member got from a group API, each once, sorted. */
function errorsOf(events: readonly TraceEvent[]): Readonly<Record<string, readonly string[]>> {
  const errors = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.kind !== 'messageSent' || isRequest(event.message)) continue;
    const name = memberOf(event.to);
    const api = apiOf(event.message);
    const errorCode = errorCodeIn(event.message);
    if (name === null || errorCode === 'NONE' || !GROUP_APIS.includes(api)) continue;
    errors.set(name, (errors.get(name) ?? new Set()).add(`${api} ${errorCode}`));
  }
  return Object.fromEntries([...errors].map(([name, found]) => [name, [...found].sort()]));
}

/** How many deliveries of an offset, to any member, were not its first. */
function redeliveredOf(events: readonly TraceEvent[]): Readonly<Record<string, number>> {
  const seen = new Map<string, OffsetRanges>();
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'recordsPolled') continue;
    const name = printPartition(event.partition);
    const added = addOffsets(seen.get(name) ?? [], event.firstOffset, event.lastOffset);
    seen.set(name, added.ranges);
    if (added.repeatedCount > 0) counts.set(name, (counts.get(name) ?? 0) + added.repeatedCount);
  }
  const names = sortPrinted([...counts.keys()]);
  return Object.fromEntries(names.map((name) => [name, counts.get(name) ?? 0]));
}

/** What each living member holds at the end by its own callbacks since its last start. */
function finalOf(
  trace: Trace,
  events: readonly TraceEvent[],
): Readonly<Record<string, readonly string[]>> {
  const final: [string, readonly string[]][] = [];
  for (const { name, client } of trace.scenario.members) {
    let isAlive = false;
    let held = new Set<string>();
    for (const event of events) {
      if (event.kind === 'command') {
        const { command } = event;
        if (!('member' in command) || command.member !== name) continue;
        if (command.do === 'start') [isAlive, held] = [true, new Set()];
        if (command.do === 'crash') isAlive = false;
      } else if (memberOf(event.actor) !== name) continue;
      else if (event.kind === 'memberExit') isAlive = false;
      else if (event.kind === 'callbackEntered') {
        const partitions = event.partitions.map(printPartition);
        if (event.callback !== 'assigned') for (const gone of partitions) held.delete(gone);
        else held = new Set(client === 'kafkajs' ? partitions : [...held, ...partitions]);
      }
    }
    if (isAlive) final.push([name, sortPrinted([...held])]);
  }
  return Object.fromEntries(final);
}
