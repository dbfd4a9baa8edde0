import {
  ERROR_NUMBERS,
  asMemberName,
  type ApiName,
  type ErrorCode,
  type Fate,
  type Faults,
} from '../../engine/index.ts';
import { asBody, asList, asText, type WireBody, type WireValue } from './codec.ts';
import { WireProblem } from './bytes.ts';
import { decodeRequest, encodeResponse, type Frame } from './frame.ts';
import { GROUP_APIS } from './group-apis.ts';
import type { Api } from './schema.ts';

const NAMES: ReadonlySet<string> = new Set(GROUP_APIS.map(({ name }) => name));

/** What becomes of a request of that client; an API that belongs to no group may be late or lost. */
export const judge = (faults: Faults, clientId: string, api: Api | null, nowMs: number): Fate =>
  faults.judge(
    asMemberName(clientId),
    // GROUP_APIS are the APIs that the engine names.
    api !== null && NAMES.has(api.name) ? (api.name as ApiName) : null,
    nowMs,
  );

/**
 * The answer to a whole request that the broker does not get; null when the request cannot be read.
 */
export function errorAnswer(request: Uint8Array, errorCode: ErrorCode): Buffer | null {
  const decoded = decodeRequest(request);
  if (!decoded.ok) return null;
  const { api, version, header, body } = decoded.value;
  const frame: Frame = {
    version,
    header: { correlationId: header['correlationId'] ?? 0 },
    body: errorBody(api, version, body, ERROR_NUMBERS[errorCode]),
  };
  try {
    return encodeResponse(api, frame);
  } catch (error) {
    if (error instanceof WireProblem) return null;
    throw error;
  }
}

/**
 * What stands beside an error code; fields that are left out have their defaults.
 *
 * Source: getErrorResponse of FindCoordinatorRequest, JoinGroupRequest, SyncGroupRequest,
 * HeartbeatRequest, LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest and
 * ConsumerGroupHeartbeatRequest, Kafka 4.3.1.
 */
function errorBody(api: Api, version: number, request: WireBody, errorCode: number): WireBody {
  const topicsWith = (rest: WireBody, of: WireValue | undefined, partitions: string): WireValue =>
    asList(of).map((entry) => {
      const { name, topicId, [partitions]: asked } = asBody(entry);
      return {
        ...(name === undefined ? {} : { name }),
        ...(topicId === undefined ? {} : { topicId }),
        partitions: asList(asked).map((each) => ({
          partitionIndex: typeof each === 'number' ? each : (asBody(each)['partitionIndex'] ?? 0),
          errorCode,
          ...rest,
        })),
      };
    });
  const nowhere = { nodeId: -1, host: '', port: -1, errorCode, errorMessage: null };
  switch (api.name) {
    case 'FindCoordinator':
      return version < 4
        ? nowhere
        : {
            coordinators: asList(request['coordinatorKeys']).map((key) => ({
              ...nowhere,
              key: asText(key),
            })),
          };
    case 'JoinGroup':
      // Before version 7 a protocol name cannot be null.
      return { errorCode, generationId: -1, protocolName: version < 7 ? '' : null };
    case 'OffsetCommit':
      return { topics: topicsWith({}, request['topics'], 'partitions') };
    case 'OffsetFetch': {
      if (version >= 8) {
        const groups = asList(request['groups']).map((group) => ({
          groupId: asBody(group)['groupId'] ?? '',
          topics: [],
          errorCode,
        }));
        return { groups };
      }
      const unknown = { committedOffset: -1, metadata: '' };
      const topics = version < 2 ? topicsWith(unknown, request['topics'], 'partitionIndexes') : [];
      return { errorCode, topics };
    }
    default:
      return { errorCode };
  }
}
