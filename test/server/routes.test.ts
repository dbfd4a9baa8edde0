import { describe, expect, it } from 'vitest';
import { createApp } from '../../server/routes.ts';
import { RunDesk } from '../../server/run/run-desk.ts';
import { TapDesk } from '../../server/run/tap-desk.ts';
import { readSettings } from '../../server/settings.ts';
import { aScenario } from '../support/builders.ts';
import { readCase } from '../support/recordings.ts';

const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:1' });
const HOST = { host: '127.0.0.1:4173' };

function anApp() {
  const desk = new RunDesk(settings, () => undefined);
  const taps = new TapDesk();
  return { app: createApp(settings, desk, taps, 'dist'), desk, taps };
}

const order = (body: unknown, headers: Readonly<Record<string, string>> = HOST) => ({
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('the HTTP surface', () => {
  it('says what the bridge can do', async () => {
    const { app } = anApp();
    const response = await app.request('/api/status', { headers: HOST });
    expect(await response.json()).toMatchObject({ broker: { kind: 'foreign' }, runId: null });
  });

  it.each([
    ['another host’s name', { host: 'evil.example:4173' }],
    ['another origin', { ...HOST, origin: 'http://evil.example' }],
  ])('answers nobody who comes by %s', async (_how, headers) => {
    const response = await anApp().app.request('/api/status', { headers });
    expect(response.status).toBe(403);
  });

  it.each([
    ['no JSON', 'usage', null],
    ['a scenario that is none', 'scenario-invalid', { scenario: {}, client: 'kafkajs' }],
    [
      'a way to work that no member has live',
      'scenario-unsupported',
      { scenario: aScenario({ work: { workers: 2 } }), client: null },
    ],
    ['a key too many', 'usage', { scenario: {}, client: null, speed: 9 }],
  ])('refuses an order with %s, and says what to do', async (_what, code, body) => {
    const response = await anApp().app.request('/api/runs', order(body));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code,
      problem: expect.any(String) as string,
      remedy: expect.any(String) as string,
    });
  });

  it.each([
    ['DELETE', '/api/runs/nothing'],
    ['GET', '/api/runs/nothing/events'],
  ])('knows no run that was not started: %s %s', async (method, path) => {
    const response = await anApp().app.request(path, { method, headers: HOST });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'run-unknown' });
  });

  it('forbids inline scripts', async () => {
    const response = await anApp().app.request('/', { headers: HOST });
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('takes one run at a time, and tells a late listener everything', async () => {
    const { app, desk } = anApp();
    const body = { scenario: readCase('kafkajs-join').scenario, client: null };
    const first = await app.request('/api/runs', order(body));
    expect(first.status).toBe(202);
    const { runId } = (await first.json()) as { runId: string };
    expect((await app.request('/api/runs', order(body))).status).toBe(409);
    // No broker listens at port 1: the run ends with that problem, which comes as its last message.
    const events = await app.request(`/api/runs/${runId}/events`, { headers: HOST });
    const text = await events.text();
    expect(text).toContain('"type":"progress"');
    expect(text).toContain('"code":"broker-unreachable"');
    await desk.close();
  });
});
