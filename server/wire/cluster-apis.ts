/**
 * What a client asks about the cluster, and answers that carry the addresses of brokers.
 *
 * Source: the message schemas of Kafka 4.3.1 (clients/src/main/resources/common/message).
 */
import { arrayOf, f, list, message, struct, type Api, type Field } from './schema.ts';

/** Authorized operations that were not asked for: the smallest 32-bit number. */
const NOT_ASKED = -2_147_483_648;

const API_VERSIONS: Api = {
  name: 'ApiVersions',
  key: 18,
  request: message('0-4', '3+', [
    f('clientSoftwareName', 'string', '3+'),
    f('clientSoftwareVersion', 'string', '3+'),
  ]),
  response: message('0-4', '3+', [
    f('errorCode', 'int16'),
    f('apiKeys', list(f('apiKey', 'int16'), f('minVersion', 'int16'), f('maxVersion', 'int16'))),
    f('throttleTimeMs', 'int32', '1+'),
    f(
      'supportedFeatures',
      list(f('name', 'string'), f('minVersion', 'int16'), f('maxVersion', 'int16')),
      '3+',
      { tag: 0 },
    ),
    f('finalizedFeaturesEpoch', 'int64', '3+', { tag: 1 }),
    f(
      'finalizedFeatures',
      list(f('name', 'string'), f('maxVersionLevel', 'int16'), f('minVersionLevel', 'int16')),
      '3+',
      { tag: 2 },
    ),
    f('zkMigrationReady', 'bool', '3+', { tag: 3 }),
  ]),
};

const METADATA: Api = {
  name: 'Metadata',
  key: 3,
  request: message('0-13', '9+', [
    f(
      'topics',
      list(f('topicId', 'uuid', '10+'), f('name', 'string', '0+', { nullable: '10+' })),
      '0+',
      { nullable: '1+' },
    ),
    f('allowAutoTopicCreation', 'bool', '4+', { default: true }),
    f('includeClusterAuthorizedOperations', 'bool', '8-10'),
    f('includeTopicAuthorizedOperations', 'bool', '8+'),
  ]),
  response: message('0-13', '9+', [
    f('throttleTimeMs', 'int32', '3+'),
    f(
      'brokers',
      list(
        f('nodeId', 'int32'),
        f('host', 'string'),
        f('port', 'int32'),
        f('rack', 'string', '1+', { nullable: '1+' }),
      ),
    ),
    f('clusterId', 'string', '2+', { nullable: '2+' }),
    f('controllerId', 'int32', '1+', { default: -1 }),
    f(
      'topics',
      list(
        f('errorCode', 'int16'),
        f('name', 'string', '0+', { nullable: '12+' }),
        f('topicId', 'uuid', '10+'),
        f('isInternal', 'bool', '1+'),
        f(
          'partitions',
          list(
            f('errorCode', 'int16'),
            f('partitionIndex', 'int32'),
            f('leaderId', 'int32'),
            f('leaderEpoch', 'int32', '7+', { default: -1 }),
            f('replicaNodes', arrayOf('int32')),
            f('isrNodes', arrayOf('int32')),
            f('offlineReplicas', arrayOf('int32'), '5+'),
          ),
        ),
        f('topicAuthorizedOperations', 'int32', '8+', { default: NOT_ASKED }),
      ),
    ),
    f('clusterAuthorizedOperations', 'int32', '8-10', { default: NOT_ASKED }),
    f('errorCode', 'int16', '13+'),
  ]),
};

const DESCRIBE_CLUSTER: Api = {
  name: 'DescribeCluster',
  key: 60,
  request: message('0-2', '0+', [
    f('includeClusterAuthorizedOperations', 'bool'),
    f('endpointType', 'int8', '1+', { default: 1 }),
    f('includeFencedBrokers', 'bool', '2+'),
  ]),
  response: message('0-2', '0+', [
    f('throttleTimeMs', 'int32'),
    f('errorCode', 'int16'),
    f('errorMessage', 'string', '0+', { nullable: '0+' }),
    f('endpointType', 'int8', '1+', { default: 1 }),
    f('clusterId', 'string'),
    f('controllerId', 'int32', '0+', { default: -1 }),
    f(
      'brokers',
      list(
        f('brokerId', 'int32'),
        f('host', 'string'),
        f('port', 'int32'),
        f('rack', 'string', '0+', { nullable: '0+' }),
        f('isFenced', 'bool', '2+'),
      ),
    ),
    f('clusterAuthorizedOperations', 'int32', '0+', { default: NOT_ASKED }),
  ]),
};

const nodeEndpoints = list(
  f('nodeId', 'int32'),
  f('host', 'string'),
  f('port', 'int32'),
  f('rack', 'string', '0+', { nullable: '0+' }),
);
const currentLeader = struct(
  f('leaderId', 'int32', '0+', { default: -1 }),
  f('leaderEpoch', 'int32', '0+', { default: -1 }),
);

/** Only the versions that name the new leader's address (KIP-951). */
const PRODUCE: Api = {
  name: 'Produce',
  key: 0,
  request: null,
  response: message('10-13', '9+', [
    f(
      'responses',
      list(
        f('name', 'string', '0-12'),
        f('topicId', 'uuid', '13+'),
        f(
          'partitionResponses',
          list(
            f('index', 'int32'),
            f('errorCode', 'int16'),
            f('baseOffset', 'int64'),
            f('logAppendTimeMs', 'int64', '2+', { default: -1 }),
            f('logStartOffset', 'int64', '5+', { default: -1 }),
            f(
              'recordErrors',
              list(
                f('batchIndex', 'int32', '8+'),
                f('batchIndexErrorMessage', 'string', '8+', { nullable: '8+' }),
              ),
              '8+',
            ),
            f('errorMessage', 'string', '8+', { nullable: '8+' }),
            f('currentLeader', currentLeader, '10+', { tag: 0 }),
          ),
        ),
      ),
    ),
    f('throttleTimeMs', 'int32', '1+'),
    f('nodeEndpoints', nodeEndpoints, '10+', { tag: 0 }),
  ]),
};

/** Only the versions that name the new leader's address (KIP-951). */
const FETCH: Api = {
  name: 'Fetch',
  key: 1,
  request: null,
  response: message('16-18', '12+', [
    f('throttleTimeMs', 'int32', '1+'),
    f('errorCode', 'int16', '7+'),
    f('sessionId', 'int32', '7+'),
    f(
      'responses',
      list(
        f('topic', 'string', '0-12'),
        f('topicId', 'uuid', '13+'),
        f(
          'partitions',
          list(
            f('partitionIndex', 'int32'),
            f('errorCode', 'int16'),
            f('highWatermark', 'int64'),
            f('lastStableOffset', 'int64', '4+', { default: -1 }),
            f('logStartOffset', 'int64', '5+', { default: -1 }),
            f('divergingEpoch', struct(f('epoch', 'int32'), f('endOffset', 'int64')), '12+', {
              tag: 0,
            }),
            f('currentLeader', currentLeader, '12+', { tag: 1 }),
            f('snapshotId', struct(f('endOffset', 'int64'), f('epoch', 'int32')), '12+', {
              tag: 2,
            }),
            f(
              'abortedTransactions',
              list(f('producerId', 'int64', '4+'), f('firstOffset', 'int64', '4+')),
              '4+',
              { nullable: '4+' },
            ),
            f('preferredReadReplica', 'int32', '11+', { default: -1 }),
            f('records', 'bytes', '0+', { nullable: '0+' }),
          ),
        ),
      ),
    ),
    f('nodeEndpoints', nodeEndpoints, '16+', { tag: 0 }),
  ]),
};

const shareHead: readonly Field[] = [
  f('throttleTimeMs', 'int32'),
  f('errorCode', 'int16'),
  f('errorMessage', 'string', '0+', { nullable: '0+' }),
];
const sharePartitionHead: readonly Field[] = [
  f('partitionIndex', 'int32'),
  f('errorCode', 'int16'),
  f('errorMessage', 'string', '0+', { nullable: '0+' }),
];

const SHARE_FETCH: Api = {
  name: 'ShareFetch',
  key: 78,
  request: null,
  response: message('1-2', '0+', [
    ...shareHead,
    f('acquisitionLockTimeoutMs', 'int32', '1+'),
    f(
      'responses',
      list(
        f('topicId', 'uuid'),
        f(
          'partitions',
          list(
            ...sharePartitionHead,
            f('acknowledgeErrorCode', 'int16'),
            f('acknowledgeErrorMessage', 'string', '0+', { nullable: '0+' }),
            f('currentLeader', currentLeader),
            f('records', 'bytes', '0+', { nullable: '0+' }),
            f(
              'acquiredRecords',
              list(
                f('firstOffset', 'int64'),
                f('lastOffset', 'int64'),
                f('deliveryCount', 'int16'),
              ),
            ),
          ),
        ),
      ),
    ),
    f('nodeEndpoints', nodeEndpoints),
  ]),
};

const SHARE_ACKNOWLEDGE: Api = {
  name: 'ShareAcknowledge',
  key: 79,
  request: null,
  response: message('1-2', '0+', [
    ...shareHead,
    f('acquisitionLockTimeoutMs', 'int32', '2+'),
    f(
      'responses',
      list(
        f('topicId', 'uuid'),
        f('partitions', list(...sharePartitionHead, f('currentLeader', currentLeader))),
      ),
    ),
    f('nodeEndpoints', nodeEndpoints),
  ]),
};

export const CLUSTER_APIS: readonly Api[] = [API_VERSIONS, METADATA, DESCRIBE_CLUSTER];

/** Read only for the addresses that they may carry. */
export const DATA_APIS: readonly Api[] = [PRODUCE, FETCH, SHARE_FETCH, SHARE_ACKNOWLEDGE];
