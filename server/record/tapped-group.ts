import {
  RECORDING_FORMAT,
  SCENARIO_FORMAT,
  asGroupId,
  asMemberName,
  hasSetting,
  type ClientKind,
  type RecordedRequest,
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

/** Of what waits for a member to join, or for its name, so much is kept. */
const MAX_WAITING = 200;
const DEFAULT_HEARTBEAT_MS = 3_000;
const ASSIGNORS = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'];
const DAY_MS = 86_400_000;

/** What a tap has seen of the cluster and of clients, whatever group they are of. */
export class SeenCluster {
  readonly partitionCounts = new Map<string, number>();
  /** By client id, what the client says it is. */
  readonly software = new Map<string, string>();
  readonly #ids = new SeenIds();

  get topicIds(): RecordingHeader['topicIds'] {
    return this.#ids.topicIds;
  }

  see(exchange: Exchange): void {
    const { api, clientId, request, response } = exchange;
    if (api === 'ApiVersions') {
      const name = request['clientSoftwareName'];
      this.software.set(clientId ?? '', typeof name === 'string' ? name : '');
    }
    if (api !== 'Metadata') return;
    this.#ids.see(exchange, null);
    for (const { name, partitions } of structsOf(response['topics'])) {
      const count = structsOf(partitions).length;
      if (typeof name === 'string' && count > 0) this.partitionCounts.set(name, count);
    }
  }
}

/**
 * The recording of one group of somebody else's programs, from what a tap hears: nobody wrote a
 * scenario, so its header says what can be deduced. There are no commands and no listener calls.
 */
export class TappedGroup {
  readonly #group: string;
  readonly #startedMs: number;
  readonly #cluster: SeenCluster;
  readonly #names = new MemberNames();
  readonly #ids = new SeenIds();
  readonly #lines: RecordedRequest[] = [];
  /** Everybody who joined, by the last that it said of itself; no topics where it named none. */
  readonly #members = new Map<string, ScenarioMember>();
  /** What came before the first member joined. */
  readonly #early: Heard[] = [];
  /** Searches for the coordinator by members that have no name yet. */
  #searches: readonly { readonly heard: Heard; readonly line: RecordedRequest }[] = [];

  constructor(group: string, startedMs: number, cluster: SeenCluster) {
    this.#group = group;
    this.#startedMs = startedMs;
    this.#cluster = cluster;
  }

  /** @returns the lines of the recording that are known by now: not quite in order of time. */
  hear(heard: Heard): readonly RecordedRequest[] {
    const { exchange } = heard;
    if (!isReadable(exchange)) return [];
    if (this.#members.size > 0) return this.#keep(heard);
    if (!isJoin(exchange)) {
      if (this.#early.length < MAX_WAITING) this.#early.push(heard);
      return [];
    }
    return [...this.#early.splice(0), heard].flatMap((each) => this.#keep(each));
  }

  onClosed(connection: number): void {
    this.#names.onClosed(connection);
  }

  #keep(heard: Heard): readonly RecordedRequest[] {
    const { exchange } = heard;
    const name = this.#names.hear(heard);
    this.#ids.see(exchange, name);
    const line = toRecordedRequest(exchange, name, this.#startedMs);
    if (line === null) return [];
    if (name === null && isSearch(exchange)) {
      this.#searches = [...this.#searches, { heard, line }].slice(-MAX_WAITING);
      return [];
    }
    const isJoining = name !== null && isJoin(exchange);
    if (isJoining) this.#members.set(name, this.#memberOf(name, exchange));
    const lines = isJoining ? [...this.#searchesOf(name, exchange.clientId), line] : [line];
    this.#lines.push(...lines);
    return lines;
  }

  /**
   * A client looks for its coordinator by another connection and before it joins: that was the one
   * who joins next under its client id.
   */
  #searchesOf(member: string, clientId: string | null): readonly RecordedRequest[] {
    const own = this.#searches.filter(({ heard }) => heard.exchange.clientId === clientId);
    if (own.length === 0) return [];
    this.#searches = this.#searches.filter((entry) => !own.includes(entry));
    return own.map(({ heard, line }) => {
      this.#names.bind(heard.connection, member);
      return { ...line, member };
    });
  }

  /** What the recording's first line is by now; null until a member has joined. */
  header(nowMs: number): RecordingHeader | null {
    if (this.#members.size === 0) return null;
    const { partitionCounts } = this.#cluster;
    const all = partitionCounts.size > 0 ? [...partitionCounts.keys()] : ['unknown'];
    const members = [...this.#members.values()].map((member) =>
      member.topics.length > 0 ? member : { ...member, topics: all },
    );
    const topics = [...new Set(members.flatMap((member) => member.topics))];
    const topicIds = Object.entries(this.#cluster.topicIds);
    return {
      format: RECORDING_FORMAT,
      scenario: {
        format: SCENARIO_FORMAT,
        name: 'tap',
        title: `Group ${this.#group}, as a tap saw it`,
        group: asGroupId(this.#group),
        broker: {},
        topics: topics.map((name) => ({ name, partitions: partitionCounts.get(name) ?? 1 })),
        members,
        script: [],
        untilMs: Math.min(DAY_MS, Math.max(0, nowMs - this.#startedMs)),
      },
      kafka: 'unknown',
      clients: {},
      recordedAt: new Date(this.#startedMs).toISOString(),
      memberIds: this.#ids.memberIds,
      topicIds: Object.fromEntries(topicIds.filter(([name]) => topics.includes(name))),
    };
  }

  /** The recording so far; null until a member has joined. */
  recording(nowMs: number): Recording | null {
    const header = this.header(nowMs);
    if (header === null) return null;
    return { header, lines: [...this.#lines].sort((a, b) => a.atMs - b.atMs) };
  }

  #memberOf(name: string, exchange: Exchange): ScenarioMember {
    const { request, clientId } = exchange;
    const protocols = structsOf(request['protocols']);
    const client = clientOf(this.#cluster.software.get(clientId ?? '') ?? '', protocols);
    const asked = firstOf([protocols[0]?.['metadata'] ?? null]);
    const topics = textsOf(asked?.['topics'] ?? request['subscribedTopicNames']);
    const known = this.#members.get(name);
    return {
      name: asMemberName(name),
      client,
      topics: topics.length > 0 ? topics : (known?.topics ?? []),
      // Under KIP-848 most heartbeats say nothing of their settings: those of before still hold.
      config: { ...known?.config, ...configOf(client, exchange) },
      work: { perRecordMs: 0, commitInRevoked: false },
    };
  }
}

/** Whether a member joins, or goes on being one under KIP-848. */
const isJoin = ({ api, request }: Exchange): boolean =>
  (api === 'JoinGroup' && request['protocolType'] === 'consumer') ||
  api === 'ConsumerGroupHeartbeat';

const isSearch = ({ api }: Exchange): boolean => api === 'FindCoordinator';

/** The group that an exchange is of; null for what is of none. */
export function groupOf({ api, request }: Exchange): string | null {
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
