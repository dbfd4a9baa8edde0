import type { Plugin } from 'vite';
import { SCENARIOS, simulate } from '../../engine/index.ts';
import { printRun } from '../sources/run-file.ts';

const ID = 'virtual:prepared-runs';
const RESOLVED = `\0${ID}`;

/**
 * Simulates the scenarios of the lessons when the site is built, so that a lesson opens without the
 * simulator. `virtual:prepared-runs` has the addresses of the runs by the names of their scenarios;
 * while the site is developed there are none.
 */
export function preparedRuns(): Plugin {
  let isBuild = false;
  return {
    name: 'prepared-runs',
    configResolved({ command }) {
      isBuild = command === 'build';
    },
    resolveId: (id) => (id === ID ? RESOLVED : null),
    load(id) {
      if (id !== RESOLVED) return null;
      const entries = [...(isBuild ? SCENARIOS : [])].map(([name, scenario]) => {
        const source = printRun(simulate(scenario));
        const file = this.emitFile({ type: 'asset', name: `${name}.run.json`, source });
        return `${JSON.stringify(name)}: import.meta.ROLLUP_FILE_URL_${file}`;
      });
      return `export default { ${entries.join(', ')} };`;
    },
  };
}
