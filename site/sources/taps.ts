import {
  parseTapMessage,
  parseTapStarted,
  type OpenTap,
  type StartTap,
  type TapMessage,
} from '../../engine/index.ts';
import { end, listen, order } from './bridge.ts';
import type { Problem } from './problem.ts';

/**
 * Opens a tap before a broker.
 *
 * @throws SourceError when the bridge refuses.
 */
export async function openTap(wanted: StartTap): Promise<OpenTap> {
  const { tapId } = parseTapStarted(await order('api/taps', wanted));
  return { ...wanted, tapId };
}

/** Hears what comes through a tap, from its beginning on. */
export const hearTap = (
  { tapId }: OpenTap,
  onMessage: (message: TapMessage) => void,
  onLost: (problem: Problem) => void,
): void => {
  listen({
    path: `api/taps/${tapId}/events`,
    parse: parseTapMessage,
    isLast: ({ type }) => type === 'end',
    onMessage,
    onLost,
  });
};

/** @throws SourceError when the bridge refuses. */
export const closeTap = ({ tapId }: OpenTap): Promise<void> => end(`api/taps/${tapId}`);

/** Where the recording of a group can be downloaded. */
export const recordingAddress = ({ tapId }: OpenTap, group: string): string =>
  `api/taps/${tapId}/recording?group=${encodeURIComponent(group)}`;
