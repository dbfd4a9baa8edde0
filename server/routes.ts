import { createRequire } from 'node:module';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import * as v from 'valibot';
import {
  CLIENT_KINDS,
  PlaygroundError,
  parseScenario,
  withClient,
  type BridgeStatus,
  type ProblemCode,
} from '../engine/index.ts';
import { describeBroker } from './broker/choose-broker.ts';
import { sendEvents } from './event-stream.ts';
import { describeClient } from './members/clients.ts';
import { refuseUnrunnable } from './run/refuse.ts';
import type { RunDesk } from './run/run-desk.ts';
import type { TapDesk } from './run/tap-desk.ts';
import type { Settings } from './settings.ts';
import { mountTaps } from './tap-routes.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const LARGEST_BODY_BYTES = 1_000_000;

const startRun = v.strictObject({
  scenario: v.unknown(),
  client: v.nullable(v.picklist(CLIENT_KINDS)),
});

/** What a problem is in HTTP's terms; everything else a person can mend in the request. */
const STATUS: Partial<Record<ProblemCode, 404 | 409>> = {
  'run-busy': 409,
  'run-unknown': 404,
  'tap-busy': 409,
  'tap-unknown': 404,
};

/**
 * The HTTP surface: the built site, and the bridge under `api/`.
 *
 * Only requests that name this machine by a loopback name are answered, so that a page of another
 * site cannot reach the bridge by a name that it has pointed here.
 */
export function createApp(
  settings: Settings,
  desk: RunDesk,
  taps: TapDesk,
  siteFolder: string,
): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        // Mermaid puts the styles of a diagram into its picture; there is no other way.
        styleSrc: ["'self'", "'unsafe-inline'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'self'"],
      },
    }),
  );
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    const isForeign = origin !== undefined && origin !== `http://${host}`;
    if (!isLoopback(host) || isForeign) {
      const problem =
        'This server answers only pages that it served itself, on a loopback address.';
      const remedy = 'Open the address that it printed when it started.';
      return context.json({ code: 'page-unreachable', problem, remedy }, 403);
    }
    return next();
  });
  app.onError((error, context) => {
    if (!(error instanceof PlaygroundError)) throw error;
    const { code, message: problem, remedy } = error;
    return context.json({ code, problem, remedy }, STATUS[code] ?? 400);
  });

  app.get('/api/status', async (context) => {
    const status: BridgeStatus = {
      version,
      broker: await describeBroker(settings),
      clients: await Promise.all(CLIENT_KINDS.map(describeClient)),
      runId: desk.runId,
      tap: taps.open,
    };
    return context.json(status);
  });

  app.post('/api/runs', bodyLimit({ maxSize: LARGEST_BODY_BYTES }), async (context) => {
    const body = v.safeParse(startRun, await context.req.json().catch(() => null));
    if (!body.success) {
      throw new PlaygroundError(
        'usage',
        'The body is not { scenario, client }.',
        'Send a scenario and a client: "kafkajs", or null for the members’ own.',
      );
    }
    const { client } = body.output;
    const given = parseScenario(body.output.scenario);
    const scenario = client === null ? given : withClient(given, client).scenario;
    refuseUnrunnable(scenario, (await describeBroker(settings)).kind);
    return context.json({ runId: desk.start(scenario) }, 202);
  });

  app.get('/api/runs/:id/events', (context) => {
    const id = context.req.param('id');
    return sendEvents(context, (from, signal) => desk.messages(id, from, signal));
  });

  app.delete('/api/runs/:id', async (context) => {
    await desk.cancel(context.req.param('id'));
    return context.body(null, 204);
  });

  mountTaps(app, taps);

  app.all('/api/*', (context) => {
    const problem = `There is nothing at ${context.req.path}.`;
    const remedy = 'See server/README.md for what there is.';
    return context.json({ code: 'usage', problem, remedy }, 404);
  });
  app.use('/*', serveStatic({ root: siteFolder }));
  return app;
}

/** Loopback names with any port. */
const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
