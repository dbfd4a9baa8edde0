import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { findJava, findMaven } from '../../server/broker/java.ts';
import { bringOnce } from '../../server/cache.ts';

const POM = fileURLToPath(new URL('./kafka-tools.pom.xml', import.meta.url));

/** Brings Kafka's own command line programs, the first time that they are asked for. */
const bringTools = (): Promise<string> =>
  bringOnce('kafka-tools-4.3.1', async (fresh) => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fresh}`];
    await execa(await findMaven(), ['-q', '-B', '-f', POM, ...goal]);
  });

/** Starts one of them; it runs until a signal ends it. */
export async function startTool(mainClass: string, args: readonly string[]) {
  const [java, tools] = await Promise.all([findJava(), bringTools()]);
  const small = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m'];
  const command = [...small, '-cp', join(tools, '*'), mainClass, ...args];
  return execa(java, command, { reject: false, all: true, stdin: 'ignore' });
}
