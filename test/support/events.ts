import type { Trace } from '../../engine/index.ts';
import type { EventOf, FactKind } from '../../engine/trace/events.ts';

/** The events of one kind, in order. */
export const ofKind = <Kind extends FactKind>(trace: Trace, kind: Kind): readonly EventOf<Kind>[] =>
  trace.events.filter((event): event is EventOf<Kind> => event.kind === kind);
