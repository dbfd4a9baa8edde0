import type { Playground } from './playground.svelte.ts';

/** Elements that have a use of their own for keys. */
const TYPES_IN =
  'input:not([type="checkbox"]), select, textarea, [contenteditable], [role="tablist"]';
/** Elements that Space presses. */
const PRESSED_BY_SPACE = 'button, summary, a, input[type="checkbox"]';

/** Space plays, arrows step, Home and End go to the ends. */
export function onKey(event: KeyboardEvent, playground: Playground): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(TYPES_IN)) return;
  if (event.key === ' ' && target?.closest(PRESSED_BY_SPACE)) return;
  const act = ACTIONS.get(event.key);
  if (act === undefined) return;
  event.preventDefault();
  act(playground);
}

const ACTIONS: ReadonlyMap<string, (playground: Playground) => void> = new Map([
  [
    ' ',
    (playground) => {
      playground.togglePlay();
    },
  ],
  [
    'ArrowRight',
    (playground) => {
      playground.pause();
      playground.forward();
    },
  ],
  [
    'ArrowLeft',
    (playground) => {
      playground.pause();
      playground.back();
    },
  ],
  [
    'Home',
    (playground) => {
      playground.first();
    },
  ],
  [
    'End',
    (playground) => {
      playground.last();
    },
  ],
]);
