import type { Trace } from './events.ts';
import type { View } from './view-types.ts';

export function view(_trace: Trace, _step: number): View {
  throw new Error('not yet');
}
