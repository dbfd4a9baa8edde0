/**
 * The APIs of consumer groups.
 *
 * Source: the message schemas of Kafka 4.3.1 (clients/src/main/resources/common/message); for
 * versions that it has dropped, OffsetCommit 0 and 1 and OffsetFetch 0, those of Kafka 3.9.
 */
import { arrayOf, f, list, message, struct, type Api, type Field } from './schema.ts';

const FIND_COORDINATOR: Api = {
  name: 'FindCoordinator',
  key: 10,
  request: message('0-6', '3+', [
    f('key', 'string', '0-3'),
    f('keyType', 'int8', '1+'),
    f('coordinatorKeys', arrayOf('string'), '4+'),
  ]),
  response: message('0-6', '3+', [
    f('throttleTimeMs', 'int32', '1+'),
    f('errorCode', 'int16', '0-3'),
    f('errorMessage', 'string', '1-3', { nullable: '1-3' }),
    f('nodeId', 'int32', '0-3'),
    f('host', 'string', '0-3'),
    f('port', 'int32', '0-3'),
    f(
      'coordinators',
      list(
        f('key', 'string', '4+'),
        f('nodeId', 'int32', '4+'),
        f('host', 'string', '4+'),
        f('port', 'int32', '4+'),
        f('errorCode', 'int16', '4+'),
        f('errorMessage', 'string', '4+', { nullable: '4+' }),
      ),
      '4+',
    ),
  ]),
};

const JOIN_GROUP: Api = {
  name: 'JoinGroup',
  key: 11,
  request: message('0-9', '6+', [
    f('groupId', 'string'),
    f('sessionTimeoutMs', 'int32'),
    f('rebalanceTimeoutMs', 'int32', '1+', { default: -1 }),
    f('memberId', 'string'),
    f('groupInstanceId', 'string', '5+', { nullable: '5+' }),
    f('protocolType', 'string'),
    f('protocols', list(f('name', 'string'), f('metadata', 'bytes'))),
    f('reason', 'string', '8+', { nullable: '8+' }),
  ]),
  response: message('0-9', '6+', [
    f('throttleTimeMs', 'int32', '2+'),
    f('errorCode', 'int16'),
    f('generationId', 'int32', '0+', { default: -1 }),
    f('protocolType', 'string', '7+', { nullable: '7+' }),
    f('protocolName', 'string', '0+', { nullable: '7+' }),
    f('leader', 'string'),
    f('skipAssignment', 'bool', '9+'),
    f('memberId', 'string'),
    f(
      'members',
      list(
        f('memberId', 'string'),
        f('groupInstanceId', 'string', '5+', { nullable: '5+' }),
        f('metadata', 'bytes'),
      ),
    ),
  ]),
};

const SYNC_GROUP: Api = {
  name: 'SyncGroup',
  key: 14,
  request: message('0-5', '4+', [
    f('groupId', 'string'),
    f('generationId', 'int32'),
    f('memberId', 'string'),
    f('groupInstanceId', 'string', '3+', { nullable: '3+' }),
    f('protocolType', 'string', '5+', { nullable: '5+' }),
    f('protocolName', 'string', '5+', { nullable: '5+' }),
    f('assignments', list(f('memberId', 'string'), f('assignment', 'bytes'))),
  ]),
  response: message('0-5', '4+', [
    f('throttleTimeMs', 'int32', '1+'),
    f('errorCode', 'int16'),
    f('protocolType', 'string', '5+', { nullable: '5+' }),
    f('protocolName', 'string', '5+', { nullable: '5+' }),
    f('assignment', 'bytes'),
  ]),
};

const HEARTBEAT: Api = {
  name: 'Heartbeat',
  key: 12,
  request: message('0-4', '4+', [
    f('groupId', 'string'),
    f('generationId', 'int32'),
    f('memberId', 'string'),
    f('groupInstanceId', 'string', '3+', { nullable: '3+' }),
  ]),
  response: message('0-4', '4+', [f('throttleTimeMs', 'int32', '1+'), f('errorCode', 'int16')]),
};

const LEAVE_GROUP: Api = {
  name: 'LeaveGroup',
  key: 13,
  request: message('0-5', '4+', [
    f('groupId', 'string'),
    f('memberId', 'string', '0-2'),
    f(
      'members',
      list(
        f('memberId', 'string', '3+'),
        f('groupInstanceId', 'string', '3+', { nullable: '3+' }),
        f('reason', 'string', '5+', { nullable: '5+' }),
      ),
      '3+',
    ),
  ]),
  response: message('0-5', '4+', [
    f('throttleTimeMs', 'int32', '1+'),
    f('errorCode', 'int16'),
    f(
      'members',
      list(
        f('memberId', 'string', '3+'),
        f('groupInstanceId', 'string', '3+', { nullable: '3+' }),
        f('errorCode', 'int16', '3+'),
      ),
      '3+',
    ),
  ]),
};

const OFFSET_COMMIT: Api = {
  name: 'OffsetCommit',
  key: 8,
  request: message('0-10', '8+', [
    f('groupId', 'string'),
    f('generationIdOrMemberEpoch', 'int32', '1+', { default: -1 }),
    f('memberId', 'string', '1+'),
    f('groupInstanceId', 'string', '7+', { nullable: '7+' }),
    f('retentionTimeMs', 'int64', '2-4', { default: -1 }),
    f(
      'topics',
      list(
        f('name', 'string', '0-9'),
        f('topicId', 'uuid', '10+'),
        f(
          'partitions',
          list(
            f('partitionIndex', 'int32'),
            f('committedOffset', 'int64'),
            f('committedLeaderEpoch', 'int32', '6+', { default: -1 }),
            f('commitTimestamp', 'int64', '1', { default: -1 }),
            f('committedMetadata', 'string', '0+', { nullable: '0+' }),
          ),
        ),
      ),
    ),
  ]),
  response: message('0-10', '8+', [
    f('throttleTimeMs', 'int32', '3+'),
    f(
      'topics',
      list(
        f('name', 'string', '0-9'),
        f('topicId', 'uuid', '10+'),
        f('partitions', list(f('partitionIndex', 'int32'), f('errorCode', 'int16'))),
      ),
    ),
  ]),
};

/** What is fetched of a topic: the fields of two structs, of which each version has one. */
const fetchedOffsets: readonly Field[] = [
  f('partitionIndex', 'int32'),
  f('committedOffset', 'int64'),
  f('committedLeaderEpoch', 'int32', '5+', { default: -1 }),
  f('metadata', 'string', '0+', { nullable: '0+' }),
  f('errorCode', 'int16'),
];

const OFFSET_FETCH: Api = {
  name: 'OffsetFetch',
  key: 9,
  request: message('0-10', '6+', [
    f('groupId', 'string', '0-7'),
    f('topics', list(f('name', 'string'), f('partitionIndexes', arrayOf('int32'))), '0-7', {
      nullable: '2-7',
    }),
    f(
      'groups',
      list(
        f('groupId', 'string', '8+'),
        f('memberId', 'string', '9+', { nullable: '9+' }),
        f('memberEpoch', 'int32', '9+', { default: -1 }),
        f(
          'topics',
          list(
            f('name', 'string', '8-9'),
            f('topicId', 'uuid', '10+'),
            f('partitionIndexes', arrayOf('int32'), '8+'),
          ),
          '8+',
          { nullable: '8+' },
        ),
      ),
      '8+',
    ),
    f('requireStable', 'bool', '7+'),
  ]),
  response: message('0-10', '6+', [
    f('throttleTimeMs', 'int32', '3+'),
    f('topics', list(f('name', 'string'), f('partitions', list(...fetchedOffsets))), '0-7'),
    f('errorCode', 'int16', '2-7'),
    f(
      'groups',
      list(
        f('groupId', 'string', '8+'),
        f(
          'topics',
          list(
            f('name', 'string', '8-9'),
            f('topicId', 'uuid', '10+'),
            f('partitions', list(...fetchedOffsets), '8+'),
          ),
          '8+',
        ),
        f('errorCode', 'int16', '8+'),
      ),
      '8+',
    ),
  ]),
};

const topicPartitions = list(f('topicId', 'uuid'), f('partitions', arrayOf('int32')));

const CONSUMER_GROUP_HEARTBEAT: Api = {
  name: 'ConsumerGroupHeartbeat',
  key: 68,
  request: message('0-1', '0+', [
    f('groupId', 'string'),
    f('memberId', 'string'),
    f('memberEpoch', 'int32'),
    f('instanceId', 'string', '0+', { nullable: '0+' }),
    f('rackId', 'string', '0+', { nullable: '0+' }),
    f('rebalanceTimeoutMs', 'int32', '0+', { default: -1 }),
    f('subscribedTopicNames', arrayOf('string'), '0+', { nullable: '0+' }),
    f('subscribedTopicRegex', 'string', '1+', { nullable: '1+' }),
    f('serverAssignor', 'string', '0+', { nullable: '0+' }),
    f('topicPartitions', topicPartitions, '0+', { nullable: '0+' }),
  ]),
  response: message('0-1', '0+', [
    f('throttleTimeMs', 'int32'),
    f('errorCode', 'int16'),
    f('errorMessage', 'string', '0+', { nullable: '0+' }),
    f('memberId', 'string', '0+', { nullable: '0+' }),
    f('memberEpoch', 'int32'),
    f('heartbeatIntervalMs', 'int32'),
    f('assignment', struct(f('topicPartitions', topicPartitions)), '0+', { nullable: '0+' }),
  ]),
};

/** The APIs that a recording holds. */
export const GROUP_APIS: readonly Api[] = [
  FIND_COORDINATOR,
  JOIN_GROUP,
  SYNC_GROUP,
  HEARTBEAT,
  LEAVE_GROUP,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  CONSUMER_GROUP_HEARTBEAT,
];
