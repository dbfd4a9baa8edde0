/**
 * Runs `stop` at the first Ctrl-C, SIGTERM or SIGHUP; the second ends the process at once.
 *
 * Nothing is lost by that either: members and the broker's keeper notice when this process is gone.
 */
export function onInterrupt(stop: () => void): void {
  let isStopping = false;
  const onSignal = (): void => {
    if (isStopping) process.exit(130);
    isStopping = true;
    process.stderr.write('\nStopping; once more ends at once.\n');
    stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}
