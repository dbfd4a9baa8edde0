import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlaygroundError } from '../engine/index.ts';

/** How long a request may take to arrive; answers, such as a run's events, may go on. */
const REQUEST_DEADLINE_MS = 15_000;
const MAX_CONNECTIONS = 256;

/** A server that listens. */
export interface Listening {
  readonly server: Server;
  readonly port: number;
}

/**
 * Serves an app on one address. A request that does not arrive in time ends its connection, so that
 * slow ones cannot hold the server.
 *
 * @throws PlaygroundError `port-taken`, or `usage` for an address that is not of this machine.
 */
export function listen(
  app: Hono,
  host: string,
  port: number,
  requestDeadlineMs = REQUEST_DEADLINE_MS,
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({
      fetch: app.fetch,
      hostname: host,
      port,
      serverOptions: {
        headersTimeout: requestDeadlineMs,
        requestTimeout: requestDeadlineMs,
        connectionsCheckingInterval: Math.min(1_000, requestDeadlineMs),
      },
    }) as Server;
    // No TLS is asked for, so it is the plain server of node:http.
    server.maxConnections = MAX_CONNECTIONS;
    server.on('listening', () => {
      resolve({ server, port: (server.address() as AddressInfo).port });
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(problemOf(error, host, port));
    });
  });
}

function problemOf(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new PlaygroundError(
      'port-taken',
      `Port ${port} on ${host} is taken by another program.`,
      `End that program, or give another port: npm start -- --port ${port + 1}, or --port 0 for any.`,
    );
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new PlaygroundError(
      'usage',
      `--host ${host} is not an address of this machine.`,
      'Give one of its own addresses, or 0.0.0.0 for all of them.',
    );
  }
  return error;
}
