import {
  RECORDING_FORMAT,
  SCENARIO_FORMAT,
  asGroupId,
  asMemberName,
  hasSetting,
  type ClientKind,
  type RecordingHeader,
  type ScenarioMember,
  type Settings,
} from '../../engine/index.ts';
import type { Recording } from '../run/live-run.ts';
import type { Exchange } from '../wire/exchange.ts';
import type { Printed, PrintedBody } from '../wire/printed.ts';
import { MemberNames, firstOf, structsOf, type Heard } from './member-names.ts';
import { toRecordedRequest } from './recorded-request.ts';
import { SeenIds } from './seen-ids.ts';

/** Exchanges that are kept; what comes later is not recorded. */
const MAX_HEARD = 50_000;
/** Of these, such as the search for a coordinator, it is not known yet which group they are of. */
const MAX_EARLY = 200;
const DEFAULT_HEARTBEAT_MS = 3_000;
const ASSIGNORS = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'];
const DAY_MS = 86_400_000;

interface Entry {
  readonly heard: Heard;
  /** Who it was of; null where that is not known, or not known yet. */
  name: string | null;
}

/**
 * The recording of a group of somebody else's programs, from what a tap hears: nobody wrote a
 * scenario, so its header says what can be deduced. There are no commands and no listener calls.
 */
export class TappedGroup {
  readonly #startedMs: number;
  readonly #heard: Entry[] = [];
  /** Searches for the coordinator by members that have no name yet. */
  #searches: readonly Entry[] = [];
  /** What came before the group was known. */
  readonly #early: Heard[] = [];
  readonly #names = new MemberNames();
  readonly #ids = new SeenIds();
  readonly #partitionCounts = new Map<string, number>();
  /** By client id, what the client says it is. */
  readonly #software = new Map<string, string>();
  #group: string | null;

  /** @param group null takes the first group that a member joins. */
  constructor(group: string | null, startedMs: number) {
    this.#group = group;
    this.#startedMs = startedMs;
  }

  get group(): string | null {
    return this.#group;
  }

  /** Whether the exchange belongs to the group. */
  hear(heard: Heard): boolean {
    const { exchange } = heard;
    const { api, request, response, clientId } = exchange;
    if (api === 'ApiVersions') {
      const name = request['clientSoftwareName'];
      this.#software.set(clientId ?? '', typeof name === 'string' ? name : '');
    }
    if (api === 'Metadata') {
      this.#ids.see(exchange, null);
      for (const { name, partitions } of structsOf(response['topics'])) {
        const count = structsOf(partitions).length;
        if (typeof name === 'string' && count > 0) this.#partitionCounts.set(name, count);
      }
    }
    if (this.#group === null) {
      if (!isJoin(exchange)) {
        if (this.#early.length < MAX_EARLY) this.#early.push(heard);
        return false;
      }
      this.#group = groupOf(exchange);
      for (const early of this.#early.splice(0)) this.#keep(early);
    }
    return this.#keep(heard);
  }

  /** Keeps what is of the group, and says whether it was. */
  #keep(heard: Heard): boolean {
    const { exchange } = heard;
    const isOurs = groupOf(exchange) === this.#group;
    const isFull = this.#heard.length >= MAX_HEARD;
    if (!isOurs || isFull || !isReadable(exchange)) return false;
    const name = this.#names.hear(heard);
    this.#ids.see(exchange, name);
    const entry = { heard, name };
    this.#heard.push(entry);
    if (name === null && isSearch(exchange)) this.#searches = [...this.#searches, entry];
    if (name !== null && isJoin(exchange)) this.#nameEarlier(name, exchange.clientId);
    return true;
  }

  /**
   * A client looks for its coordinator by another connection and before it joins: that was the one
   * who joins next under its client id.
   */
  #nameEarlier(name: string, clientId: string | null): void {
    const own = this.#searches.filter(({ heard }) => heard.exchange.clientId === clientId);
    if (own.length === 0) return;
    this.#searches = this.#searches.filter((entry) => !own.includes(entry));
    for (const entry of own) {
      entry.name = name;
      this.#names.bind(entry.heard.connection, name);
    }
  }

  onClosed(connection: number): void {
    this.#names.onClosed(connection);
  }

  /** The recording so far; null until a member has joined. */
  recording(nowMs: number): Recording | null {
    const members = this.#members();
    if (this.#group === null || members.length === 0) return null;
    const lines = this.#heard.flatMap(({ heard: { exchange }, name }) => {
      const line = toRecordedRequest(exchange, name, this.#startedMs);
      return line === null || (name === null && isSearch(exchange)) ? [] : [line];
    });
    const topics = new Set(members.flatMap((member) => member.topics));
    const header: RecordingHeader = {
      format: RECORDING_FORMAT,
      scenario: {
        format: SCENARIO_FORMAT,
        name: 'tap',
        title: `Group ${this.#group}, as a tap saw it`,
        group: asGroupId(this.#group),
        broker: {},
        topics: [...topics].map((name) => ({
          name,
          partitions: this.#partitionCounts.get(name) ?? 1,
        })),
        members,
        script: [],
        untilMs: Math.min(DAY_MS, Math.max(0, nowMs - this.#startedMs)),
      },
      kafka: 'unknown',
      clients: {},
      recordedAt: new Date(this.#startedMs).toISOString(),
      memberIds: this.#ids.memberIds,
      topicIds: this.#ids.topicIds,
    };
    return { header, lines: lines.sort((a, b) => a.atMs - b.atMs) };
  }

  /** Everybody who joined, by the last that it said of itself. */
  #members(): readonly ScenarioMember[] {
    const members = new Map<string, ScenarioMember>();
    for (const { heard, name } of this.#heard) {
      if (name === null || !isJoin(heard.exchange)) continue;
      const { request, clientId } = heard.exchange;
      const protocols = structsOf(request['protocols']);
      const client = clientOf(this.#software.get(clientId ?? '') ?? '', protocols);
      const asked = firstOf([protocols[0]?.['metadata'] ?? null]);
      const topics = textsOf(asked?.['topics'] ?? request['subscribedTopicNames']);
      const known = members.get(name)?.topics ?? [...this.#partitionCounts.keys()];
      members.set(name, {
        name: asMemberName(name),
        client,
        topics: topics.length > 0 ? topics : known.length > 0 ? known : ['unknown'],
        config: configOf(client, heard.exchange),
        work: { perRecordMs: 0, commitInRevoked: false },
      });
    }
    return [...members.values()];
  }
}

/** Whether a member joins, or goes on being one under KIP-848. */
const isJoin = ({ api, request }: Exchange): boolean =>
  (api === 'JoinGroup' && request['protocolType'] === 'consumer') ||
  api === 'ConsumerGroupHeartbeat';

const isSearch = ({ api }: Exchange): boolean => api === 'FindCoordinator';

function groupOf({ api, request }: Exchange): string | null {
  const [key] = api === 'FindCoordinator' ? textsOf(request['coordinatorKeys']) : [];
  const group =
    request['groupId'] ?? firstOf(request['groups'])?.['groupId'] ?? request['key'] ?? key;
  return typeof group === 'string' ? group : null;
}

/** A number among the errors is one that the group APIs do not have. */
const isReadable = ({ errors }: Exchange): boolean =>
  errors.every((error) => !/^-?\d+$/.test(error));

/** The client by what it calls itself; kafkajs calls itself nothing, but has an assignor. */
function clientOf(software: string, protocols: readonly PrintedBody[]): ClientKind {
  if (/rdkafka|confluent-kafka/.test(software)) return 'librdkafka';
  return protocols.some(({ name }) => name === 'RoundRobinAssigner') ? 'kafkajs' : 'java';
}

/** Settings that a member reveals when it joins. */
function configOf(client: ClientKind, { api, request }: Exchange): Settings {
  const names = textsOf(structsOf(request['protocols']).map(({ name }) => name ?? null));
  const sessionMs = Number(request['sessionTimeoutMs'] ?? 0);
  const instanceId = request['groupInstanceId'] ?? request['instanceId'];
  const revealed: Record<string, string | number> = {};
  if (api === 'ConsumerGroupHeartbeat') revealed['group.protocol'] = 'consumer';
  else if (sessionMs > DEFAULT_HEARTBEAT_MS) revealed['session.timeout.ms'] = sessionMs;
  if (names.length > 0 && names.every((name) => ASSIGNORS.includes(name))) {
    revealed['partition.assignment.strategy'] = names.join(',');
  }
  if (typeof instanceId === 'string') revealed['group.instance.id'] = instanceId;
  return Object.fromEntries(Object.entries(revealed).filter(([key]) => hasSetting(client, key)));
}

const textsOf = (value: Printed | undefined): readonly string[] =>
  // Array.isArray does not narrow to readonly arrays.
  Array.isArray(value)
    ? (value as readonly Printed[]).filter((text) => typeof text === 'string')
    : [];
