import { createRequire } from 'node:module';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { pino } from 'pino';
import {
  CLIENT_KINDS,
  PlaygroundError,
  parseScenario,
  parseStartRun,
  withClient,
  type BridgeStatus,
  type ProblemCode,
  type RunStarted,
} from '../engine/index.ts';
import { refuseStrangers, requireToken, type Access } from './access.ts';
import { describeBroker } from './broker/choose-broker.ts';
import { sendEvents } from './event-stream.ts';
import { readJson, readLimited } from './json-body.ts';
import { describeClient } from './members/clients.ts';
import { Metrics } from './metrics/metrics.ts';
import { refuseUnrunnable } from './run/refuse.ts';
import type { RunDesk } from './run/run-desk.ts';
import type { TapDesk } from './run/tap-desk.ts';
import type { Settings } from './settings.ts';
import { mountTaps } from './tap-routes.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** What a problem is in HTTP's terms; everything else a person can mend in the request. */
const STATUS: Partial<Record<ProblemCode, 403 | 404 | 409 | 413 | 415>> = {
  'token-wrong': 403,
  'run-unknown': 404,
  'tap-unknown': 404,
  'run-busy': 409,
  'tap-busy': 409,
  'body-too-large': 413,
  'body-not-json': 415,
};

/**
 * The HTTP surface: the built site, and the bridge under `api/`.
 *
 * Who may ask, and who may have it act, is said in `access.ts`.
 */
export function createApp(
  settings: Settings,
  desk: RunDesk,
  taps: TapDesk,
  siteFolder: string,
  access: Access,
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
  app.use(refuseStrangers(access));
  app.use('/api/*', requireToken(access));
  app.onError((error, context) => {
    if (error instanceof PlaygroundError) {
      const { code, message: problem, remedy } = error;
      return context.json({ code, problem, remedy }, STATUS[code] ?? 400);
    }
    // Who has hung up in the middle of a request is answered in vain.
    if (!context.req.raw.signal.aborted) pino().error(error, 'A request met a bug.');
    const problem = 'The server met a bug; it has printed what it knows of it.';
    return context.json({ code: 'usage', problem, remedy: 'Report it with that text.' }, 500);
  });

  app.get('/api/status', async (context) => {
    const status: BridgeStatus = {
      version,
      token: access.isRemote ? null : access.token,
      broker: await describeBroker(settings),
      clients: await Promise.all(CLIENT_KINDS.map(describeClient)),
      runId: desk.runId,
      tap: taps.open,
    };
    return context.json(status);
  });

  app.post('/api/runs', readLimited, async (context) => {
    const { scenario: sent, client } = parseStartRun(await readJson(context));
    const given = parseScenario(sent);
    const scenario = client === null ? given : withClient(given, client).scenario;
    refuseUnrunnable(scenario, (await describeBroker(settings)).kind, settings.kafkaVersion);
    const started: RunStarted = { runId: desk.start(scenario) };
    return context.json(started, 202);
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

  const metrics = new Metrics(
    () => desk.last,
    () => taps.last,
  );
  app.get('/metrics', async (context) => {
    context.header('content-type', metrics.contentType);
    return context.body(await metrics.text());
  });

  app.all('/api/*', (context) => {
    const problem = `There is nothing at ${context.req.path}.`;
    const remedy = 'See server/README.md for what there is.';
    return context.json({ code: 'usage', problem, remedy }, 404);
  });
  app.use('/*', serveStatic({ root: siteFolder }));
  return app;
}
