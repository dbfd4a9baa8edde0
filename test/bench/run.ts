/**
 * How fast engine and tap are, each figure against its budget: `npm run bench`, with `-- --json` one
 * object a line. A budget that is missed is said, and fails nothing: machines differ.
 */
import { measureAssignors, printAssignorTime } from './assignors.ts';
import { measureEvents } from './events.ts';
import { printFigure } from './figures.ts';
import { measureGroups } from './groups.ts';
import { measureTap } from './tap.ts';
import { measureView } from './view.ts';

const isJson = process.argv.includes('--json');
for (const measure of [measureEvents, measureView, measureGroups]) {
  for (const figure of measure()) console.log(printFigure(figure, isJson));
}
for (const time of await measureAssignors()) console.log(printAssignorTime(time, isJson));
for (const figure of await measureTap()) console.log(printFigure(figure, isJson));
