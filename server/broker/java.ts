import { join } from 'node:path';
import { execa } from 'execa';
import { PlaygroundError, type ProblemCode } from '../../engine/index.ts';
import { howToInstall, type Need } from '../install.ts';

/** The oldest Java that Kafka 4's broker runs on. */
const OLDEST_JAVA = 17;

/** A program that was not found. */
interface Lack {
  readonly code: ProblemCode;
  readonly problem: string;
  readonly need: Need;
}

/**
 * The command that starts Java.
 *
 * @throws PlaygroundError `java-missing`
 */
export async function findJava(): Promise<string> {
  const java = await lookForJava();
  return typeof java === 'string' ? java : refuse([java]);
}

/** @throws PlaygroundError `maven-missing` */
export async function findMaven(): Promise<string> {
  const maven = await lookForMaven();
  return typeof maven === 'string' ? maven : refuse([maven]);
}

/**
 * The commands that start Java and Maven.
 *
 * @param otherwise what else can be done than to install what is missing.
 * @throws PlaygroundError `java-missing`, `maven-missing`; when both are, with one remedy.
 */
export async function findJavaAndMaven(
  otherwise?: string,
): Promise<{ readonly java: string; readonly maven: string }> {
  const [java, maven] = await Promise.all([lookForJava(), lookForMaven()]);
  if (typeof java !== 'string') {
    return refuse(typeof maven === 'string' ? [java] : [java, maven], otherwise);
  }
  return typeof maven === 'string' ? { java, maven } : refuse([maven], otherwise);
}

async function lookForJava(): Promise<string | Lack> {
  const home = process.env['JAVA_HOME'];
  const candidates = [...(home === undefined ? [] : [join(home, 'bin', 'java')]), 'java'];
  let tooOld: number | null = null;
  for (const command of candidates) {
    const { stderr, failed } = await execa(command, ['-version'], { reject: false });
    const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? Number.NaN);
    if (failed || Number.isNaN(version)) continue;
    if (version >= OLDEST_JAVA) return command;
    tooOld = version;
  }
  const problem =
    tooOld === null
      ? `Java was not found, and Kafka needs a JDK ${OLDEST_JAVA} or later.`
      : `The Java found here is ${tooOld}, and Kafka needs a JDK ${OLDEST_JAVA} or later.`;
  return { code: 'java-missing', problem, need: 'jdk' };
}

async function lookForMaven(): Promise<string | Lack> {
  const command = process.platform === 'win32' ? 'mvn.cmd' : 'mvn';
  const { failed } = await execa(command, ['--version'], { reject: false });
  if (!failed) return command;
  const problem = 'Maven (mvn) was not found, and it brings Kafka’s jars.';
  return { code: 'maven-missing', problem, need: 'maven' };
}

function refuse(
  [first, ...others]: readonly [Lack, ...Lack[]],
  otherwise = 'start Docker, or set KAFKA_BROKERS to a broker you have',
): never {
  throw new PlaygroundError(
    first.code,
    [first, ...others].map(({ problem }) => problem).join(' '),
    `${howToInstall([first.need, ...others.map(({ need }) => need)])}, ${otherwise}.`,
  );
}
