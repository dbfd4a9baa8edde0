import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { findJava, findMaven } from '../../server/broker/java.ts';
import { bringOnce } from '../../server/cache.ts';

const POM = fileURLToPath(new URL('./kafka-tools.pom.xml', import.meta.url));

/** Kafka's own command line programs, brought the first time that they are asked for. */
export async function findTools() {
  const java = await findJava();
  const tools = await bringOnce('kafka-tools-4.3.1', async (fresh) => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fresh}`];
    await execa(await findMaven(), ['-q', '-B', '-f', POM, ...goal]);
  });
  const small = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m'];
  /** Starts one of them; it runs until a signal ends it. */
  return (mainClass: string, args: readonly string[]) =>
    execa(java, [...small, '-cp', join(tools, '*'), mainClass, ...args], {
      reject: false,
      stdin: 'ignore',
    });
}
