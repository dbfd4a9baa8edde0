import { memberOf, type MemberName } from '../protocol/ids.ts';
import { printPartition } from '../protocol/partitions.ts';
import type { Trace, TraceEvent } from './events.ts';

/** A promise of Kafka, or of traces, that a trace breaks, and where. */
export interface BrokenInvariant {
  readonly step: number;
  readonly promise: string;
}

/**
 * What must hold in every trace; empty when all does.
 *
 * - Steps count up, time never goes back, and a cause comes before what it brings about.
 * - Only script commands, the beginning and the end have no cause.
 * - No message is delivered that was not sent, none twice, and no answer comes without a request.
 * - Generations only grow.
 * - One owner per partition among the members that are in the same generation.
 */
export function brokenInvariants(trace: Trace): readonly BrokenInvariant[] {
  return [
    ...trace.events.flatMap((event, index) => orderOf(trace, event, index)),
    ...deliveries(trace),
    ...generations(trace),
    ...owners(trace),
  ];
}

function orderOf(trace: Trace, event: TraceEvent, index: number): readonly BrokenInvariant[] {
  const broken: string[] = [];
  if (event.step !== index) broken.push(`step ${event.step} stands at ${index}`);
  if (event.atMs < (trace.events[index - 1]?.atMs ?? 0)) broken.push('time goes back');
  if (event.cause !== null && event.cause >= index) broken.push('the cause comes later');
  const needsNone = event.kind === 'command' || event.kind === 'begin' || event.kind === 'end';
  const isSimulated = trace.source === 'simulated';
  if (isSimulated && !needsNone && event.cause === null) broken.push(`${event.kind} has no cause`);
  return broken.map((promise) => ({ step: event.step, promise }));
}

function deliveries(trace: Trace): readonly BrokenInvariant[] {
  const broken: BrokenInvariant[] = [];
  const underWay = new Set<number>();
  const answered = new Set<number>();
  for (const event of trace.events) {
    if (event.kind === 'messageSent') {
      underWay.add(event.step);
      if (event.actor === 'coordinator') {
        const { answers } = event;
        const isFirst = answers !== null && !answered.has(answers);
        // A request of a process that is gone is answered all the same; nobody counts those.
        if (answers !== null && !isFirst) {
          broken.push({ step: event.step, promise: 'a request is answered once' });
        }
        if (answers !== null) answered.add(answers);
      }
    } else if (event.kind === 'messageDelivered' || event.kind === 'messageDropped') {
      if (!underWay.delete(event.sentStep)) {
        broken.push({ step: event.step, promise: 'what arrives was under way' });
      }
    }
  }
  return broken;
}

function generations(trace: Trace): readonly BrokenInvariant[] {
  let generationId = 0;
  return trace.events.flatMap((event) => {
    if (event.kind !== 'groupState') return [];
    const hasShrunk = event.generationId < generationId;
    generationId = event.generationId;
    return hasShrunk ? [{ step: event.step, promise: 'generations only grow' }] : [];
  });
}

function owners(trace: Trace): readonly BrokenInvariant[] {
  const broken: BrokenInvariant[] = [];
  const generationOf = new Map<MemberName, number | null>();
  const held = new Map<MemberName, ReadonlySet<string>>();
  for (const event of trace.events) {
    const name = memberOf(event.actor);
    if (name === null) continue;
    if (event.kind === 'memberIdentity') generationOf.set(name, event.generationId);
    if (event.kind !== 'assignmentChanged') continue;
    held.set(name, new Set(event.assignment.map(printPartition)));
    const generationId = generationOf.get(name) ?? null;
    for (const [other, partitions] of held) {
      if (other === name || generationOf.get(other) !== generationId) continue;
      const isShared = event.assignment.some((each) => partitions.has(printPartition(each)));
      if (isShared) {
        broken.push({ step: event.step, promise: 'a partition has one owner in a generation' });
      }
    }
  }
  return broken;
}
