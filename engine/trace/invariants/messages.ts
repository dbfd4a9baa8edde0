import { apiOf, isRequest } from '../../protocol/messages.ts';
import type { Breach, Check } from './invariant.ts';

/** A request is answered at most once, by its own API, and nothing is answered that was not asked. */
export const oneAnswerPerRequest: Check = ({ events }) => {
  const answered = new Set<number>();
  return events.flatMap((event): Breach[] => {
    if (event.kind !== 'messageSent' || event.answers === null) return [];
    const { step, answers, message } = event;
    const asked = events[answers];
    const isAsked = asked?.kind === 'messageSent' && answers < step && isRequest(asked.message);
    if (!isAsked) return [{ step, found: `step ${answers} asked nothing` }];
    if (apiOf(asked.message) !== apiOf(message)) {
      return [{ step, found: `${apiOf(asked.message)} is answered by ${apiOf(message)}` }];
    }
    if (asked.actor !== event.to) return [{ step, found: `${asked.actor} had asked` }];
    const isSecond = answered.has(answers);
    answered.add(answers);
    return isSecond ? [{ step, found: `step ${answers} has an answer already` }] : [];
  });
};

/** What arrives, or gets lost, was sent before to the one that gets it, and has not arrived yet. */
export const whatArrivesWasUnderWay: Check = ({ events }) => {
  const underWay = new Set<number>();
  return events.flatMap((event): Breach[] => {
    if (event.kind === 'messageSent') underWay.add(event.step);
    if (event.kind !== 'messageDelivered' && event.kind !== 'messageDropped') return [];
    const { step, sentStep } = event;
    if (!underWay.delete(sentStep)) {
      return [{ step, found: `nothing of step ${sentStep} is under way` }];
    }
    const sent = events[sentStep];
    const isMisled =
      event.kind === 'messageDelivered' && sent?.kind === 'messageSent' && sent.to !== event.actor;
    return isMisled ? [{ step, found: `${sent.to} was to get it` }] : [];
  });
};

/**
 * Each direction of a link keeps its order, as a connection does; FindCoordinator goes over one of its own.
 * A recording knows only when a request was answered, so that the order of its requests is deduced.
 */
export const linksKeepTheirOrder: Check = ({ source, events }) => {
  const lastArrived = new Map<string, number>();
  return events.flatMap((event): Breach[] => {
    if (source === 'recorded' || event.kind !== 'messageDelivered') return [];
    const sent = events[event.sentStep];
    if (sent?.kind !== 'messageSent') return [];
    const isElsewhere = sent.message.type === 'FindCoordinatorRequest';
    const link = `${sent.actor} ${isElsewhere ? 'anyBroker' : sent.to}`;
    const last = lastArrived.get(link) ?? -1;
    lastArrived.set(link, Math.max(last, event.sentStep));
    return event.sentStep > last
      ? []
      : [{ step: event.step, found: `step ${last} was sent later and arrived earlier` }];
  });
};
