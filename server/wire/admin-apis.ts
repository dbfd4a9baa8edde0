/**
 * The APIs by which an admin describes groups. A recording does not hold them: they change nothing.
 *
 * Source: the message schemas of Kafka 4.3.1 (clients/src/main/resources/common/message).
 */
import { arrayOf, f, list, message, struct, type Api } from './schema.ts';

const NO_OPERATIONS = -2_147_483_648;

const DESCRIBE_GROUPS: Api = {
  name: 'DescribeGroups',
  key: 15,
  request: message('0-6', '5+', [
    f('groups', arrayOf('string')),
    f('includeAuthorizedOperations', 'bool', '3+'),
  ]),
  response: message('0-6', '5+', [
    f('throttleTimeMs', 'int32', '1+'),
    f(
      'groups',
      list(
        f('errorCode', 'int16'),
        f('errorMessage', 'string', '6+', { nullable: '6+' }),
        f('groupId', 'string'),
        f('groupState', 'string'),
        f('protocolType', 'string'),
        f('protocolData', 'string'),
        f(
          'members',
          list(
            f('memberId', 'string'),
            f('groupInstanceId', 'string', '4+', { nullable: '4+' }),
            f('clientId', 'string'),
            f('clientHost', 'string'),
            f('memberMetadata', 'bytes'),
            f('memberAssignment', 'bytes'),
          ),
        ),
        f('authorizedOperations', 'int32', '3+', { default: NO_OPERATIONS }),
      ),
    ),
  ]),
};

const assignment = struct(
  f(
    'topicPartitions',
    list(f('topicId', 'uuid'), f('topicName', 'string'), f('partitions', arrayOf('int32'))),
  ),
);

const CONSUMER_GROUP_DESCRIBE: Api = {
  name: 'ConsumerGroupDescribe',
  key: 69,
  request: message('0-1', '0+', [
    f('groupIds', arrayOf('string')),
    f('includeAuthorizedOperations', 'bool'),
  ]),
  response: message('0-1', '0+', [
    f('throttleTimeMs', 'int32'),
    f(
      'groups',
      list(
        f('errorCode', 'int16'),
        f('errorMessage', 'string', '0+', { nullable: '0+' }),
        f('groupId', 'string'),
        f('groupState', 'string'),
        f('groupEpoch', 'int32'),
        f('assignmentEpoch', 'int32'),
        f('assignorName', 'string'),
        f(
          'members',
          list(
            f('memberId', 'string'),
            f('instanceId', 'string', '0+', { nullable: '0+' }),
            f('rackId', 'string', '0+', { nullable: '0+' }),
            f('memberEpoch', 'int32'),
            f('clientId', 'string'),
            f('clientHost', 'string'),
            f('subscribedTopicNames', arrayOf('string')),
            f('subscribedTopicRegex', 'string', '0+', { nullable: '0+' }),
            f('assignment', assignment),
            f('targetAssignment', assignment),
            f('memberType', 'int8', '1+', { default: -1 }),
          ),
        ),
        f('authorizedOperations', 'int32', '0+', { default: NO_OPERATIONS }),
      ),
    ),
  ]),
};

export const ADMIN_APIS: readonly Api[] = [DESCRIBE_GROUPS, CONSUMER_GROUP_DESCRIBE];
