import { join } from 'node:path';
import { execa } from 'execa';
import { PlaygroundError } from '../../engine/index.ts';

/** The oldest Java that Kafka 4's broker runs on. */
const OLDEST_JAVA = 17;

/**
 * The command that starts Java.
 *
 * @throws PlaygroundError `java-missing`
 */
export async function findJava(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const home = environment['JAVA_HOME'];
  const candidates = [...(home === undefined ? [] : [join(home, 'bin', 'java')]), 'java'];
  let tooOld: number | null = null;
  for (const command of candidates) {
    const { stderr, failed } = await execa(command, ['-version'], { reject: false });
    const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? Number.NaN);
    if (failed || Number.isNaN(version)) continue;
    if (version >= OLDEST_JAVA) return command;
    tooOld = version;
  }
  throw new PlaygroundError(
    'java-missing',
    tooOld === null
      ? 'Java was not found, and Kafka needs it.'
      : `The Java found here is ${tooOld}, and Kafka needs ${OLDEST_JAVA} or later.`,
    `Install a JDK ${OLDEST_JAVA} or later and Maven, start Docker, or set KAFKA_BROKERS to a broker you have.`,
  );
}

/** @throws PlaygroundError `maven-missing` */
export async function findMaven(): Promise<string> {
  const command = process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
  const { failed } = await execa(command, ['--version'], { reject: false });
  if (!failed) return command;
  throw new PlaygroundError(
    'maven-missing',
    'Maven (mvn) was not found, and it brings Kafka’s jars.',
    'Install Maven, start Docker, or set KAFKA_BROKERS to a broker you have.',
  );
}
