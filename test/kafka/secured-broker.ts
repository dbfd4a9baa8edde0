import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import kafkajs from 'kafkajs';
import { SINGLE_BROKER_CONFIG } from '../../server/broker/broker.ts';
import { findJava } from '../../server/broker/java.ts';
import { bringLibraries } from '../../server/broker/maven-broker.ts';
import { TSX, fromServer } from '../../server/paths.ts';
import { DEFAULT_KAFKA_VERSION } from '../../server/settings.ts';
import { aCertificate } from '../support/certificate.ts';

const HOST = '127.0.0.1';
export const USERNAME = 'ann';
/** With what a settings file, JAAS and SCRAM have a meaning for. */
export const PASSWORD = 'hush "to" be=seen\\';

/** A broker as somebody else's would be, spoken to by SASL_SSL, and by SSL with a certificate. */
export interface SecuredBroker {
  readonly address: string;
  /** Where it asks for a certificate, such as its own. */
  readonly sslAddress: string;
  /** Has it tell USERNAME nothing of its settings any more. */
  readonly hideSettings: () => Promise<void>;
  /** A PEM file with its certificate. */
  readonly caFile: string;
  readonly keyFile: string;
  readonly stop: () => Promise<void>;
}

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** In a settings file a backslash stands for itself only when there are two. */
const inProperties = (text: string): string => text.replaceAll('\\', '\\\\');

export async function startSecuredBroker(): Promise<SecuredBroker> {
  const java = await findJava();
  const libraries = await bringLibraries(DEFAULT_KAFKA_VERSION, () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'playground-secured-'));
  const { cert, key } = await aCertificate();
  const keystore = join(folder, 'broker.pem');
  const caFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'key.pem');
  await writeFile(keystore, `${key}\n${cert}`);
  await writeFile(caFile, cert);
  await writeFile(keyFile, key);
  const port = await getPort({ host: HOST });
  const sslPort = await getPort({ host: HOST, exclude: [port] });
  const innerPort = await getPort({ host: HOST, exclude: [port, sslPort] });
  const controllerPort = await getPort({ host: HOST, exclude: [port, sslPort, innerPort] });
  const listeners = `SASL_SSL://${HOST}:${port},SSL://${HOST}:${sslPort},INNER://${HOST}:${innerPort}`;
  const listener = 'listener.name.sasl_ssl';
  const security = 'org.apache.kafka.common.security';
  const properties = {
    ...SINGLE_BROKER_CONFIG,
    'group.initial.rebalance.delay.ms': '0',
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${HOST}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `${listeners},CONTROLLER://${HOST}:${controllerPort}`,
    'advertised.listeners': listeners,
    'inter.broker.listener.name': 'INNER',
    'listener.security.protocol.map':
      'SASL_SSL:SASL_SSL,SSL:SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'log'),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': 'true',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'listener.name.ssl.ssl.client.auth': 'required',
    [`${listener}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required user_${USERNAME}=${quoted(PASSWORD)};`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
  };
  const settingsFile = join(folder, 'server.properties');
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${inProperties(value)}`);
  await writeFile(settingsFile, `${lines.join('\n')}\n`);
  const run = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Xmx512m',
    '-cp',
    join(libraries, '*'),
  ];
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${USERNAME},password=${PASSWORD}]`,
  ]);
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAAAAAAAAAAAAAAA', '-c'];
  await execa(java, [...run, ...format, settingsFile, ...users]);
  const task = { command: java, args: [...run, 'kafka.Kafka', settingsFile], folder };
  // Ends with its standard input, so also when this process is killed.
  const keeper = execa(
    process.execPath,
    ['--import', TSX, fromServer('broker/keeper.ts'), JSON.stringify(task)],
    {
      stdin: 'pipe',
      stdout: 'ignore',
      stderr: 'ignore',
      reject: false,
      detached: true,
      cleanup: false,
    },
  );
  return {
    address: `${HOST}:${port}`,
    hideSettings: () => hideSettings(`${HOST}:${innerPort}`),
    sslAddress: `${HOST}:${sslPort}`,
    caFile,
    keyFile,
    stop: async () => {
      keeper.stdin.end();
      await keeper;
    },
  };
}

async function hideSettings(inner: string): Promise<void> {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
  const admin = new kafkajs.Kafka({ brokers: [inner] }).admin();
  await admin.connect();
  const cluster = {
    resourceType: AclResourceTypes.CLUSTER,
    resourceName: 'kafka-cluster',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${USERNAME}`,
    host: '*',
  };
  const { ALLOW, DENY } = AclPermissionTypes;
  await admin.createAcls({
    acl: [
      // Where there is one rule for a cluster, all else needs one too.
      { ...cluster, operation: AclOperationTypes.ALL, permissionType: ALLOW },
      { ...cluster, operation: AclOperationTypes.DESCRIBE_CONFIGS, permissionType: DENY },
    ],
  });
  await admin.disconnect();
}
