import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBridgeStatus } from '../../engine/index.ts';
import { TOKEN_HEADER, readAccess } from '../../server/access.ts';
import { createApp } from '../../server/routes.ts';
import { RunDesk } from '../../server/run/run-desk.ts';
import { TapDesk } from '../../server/run/tap-desk.ts';
import { readSettings } from '../../server/settings.ts';
import { aScenario } from '../support/builders.ts';
import { readCase } from '../support/recordings.ts';

const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:1' });
const HOST = { host: '127.0.0.1:4173' };
const access = readAccess(undefined, false);
const remote = readAccess('192.0.2.7', true);
const TOKEN = { [TOKEN_HEADER]: access.token };
const JSON_BODY = { 'content-type': 'application/json' };

function anApp(given = access) {
  const desk = new RunDesk(settings, () => undefined);
  const taps = new TapDesk();
  return { app: createApp(settings, desk, taps, 'dist', given), desk };
}

const order = (body: unknown, headers: Readonly<Record<string, string>> = TOKEN) => ({
  method: 'POST',
  headers: { ...HOST, ...JSON_BODY, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const REFUSAL = {
  code: expect.any(String) as string,
  problem: expect.any(String) as string,
  remedy: expect.any(String) as string,
};

describe('the HTTP surface', () => {
  it('is what the table of server/README.md says', () => {
    const readme = readFileSync(new URL('../../server/README.md', import.meta.url), 'utf8');
    const told = [...readme.matchAll(/^\| `(GET|POST|DELETE) ([^`?]+)/gm)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    // Of what is for all methods nobody has to know.
    const routes = anApp().app.routes.filter(({ method }) => method !== 'ALL');
    const registered = new Set(routes.map(({ method, path }) => `${method} ${path}`));
    expect(told.sort()).toEqual([...registered].sort());
  });

  it('says what the bridge can do', async () => {
    const { app } = anApp();
    const response = await app.request('/api/status', { headers: HOST });
    expect(await response.json()).toMatchObject({ broker: { kind: 'foreign' }, runId: null });
  });

  it.each([
    ['another host’s name', { host: 'evil.example:4173' }],
    ['another origin', { ...HOST, origin: 'http://evil.example' }],
  ])('answers nobody who comes by %s', async (_how, headers) => {
    for (const path of ['/api/status', '/metrics']) {
      const response = await anApp().app.request(path, { headers });
      expect(response.status).toBe(403);
    }
  });

  it('gives Prometheus the metrics as text', async () => {
    const response = await anApp().app.request('/metrics', { headers: HOST });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('# TYPE playground_group_rebalances_total counter');
  });

  it('on another address answers those who ask for it there, and gives them no token', async () => {
    const { app } = anApp(remote);
    for (const host of ['192.0.2.7:4173', '127.0.0.1:4173']) {
      const headers = { host, origin: `http://${host}` };
      const response = await app.request('/api/status', { headers });
      expect(await response.json()).toMatchObject({ token: null });
    }
    const evil = await app.request('/api/status', { headers: { host: 'evil.example' } });
    expect(evil.status).toBe(403);
  });

  it.each([
    ['none', {}],
    ['an empty one', { [TOKEN_HEADER]: '' }],
    ['that of another start', { [TOKEN_HEADER]: readAccess(undefined, false).token }],
    ['one that only begins well', { [TOKEN_HEADER]: access.token.slice(0, -1) }],
  ])('lets nobody act with a token that is %s', async (_which, headers) => {
    const { app, desk } = anApp();
    const sent = order({ scenario: aScenario({ client: 'kafkajs' }), client: null }, headers);
    const post = await app.request('/api/runs', sent);
    expect(post.status).toBe(403);
    expect(await post.json()).toEqual({ ...REFUSAL, code: 'token-wrong' });
    const cancel = { method: 'DELETE', headers: { ...HOST, ...headers } };
    expect((await app.request('/api/runs/some', cancel)).status).toBe(403);
    expect(desk.runId).toBeNull();
  });

  it('gives the token to the pages that it serves on loopback, and lets them act', async () => {
    const { app } = anApp();
    const status = await app.request('/api/status', { headers: HOST });
    const { token } = parseBridgeStatus(await status.json());
    expect(token).toBe(access.token);
    const headers = { ...HOST, [TOKEN_HEADER]: token ?? '' };
    const cancel = await app.request('/api/runs/some', { method: 'DELETE', headers });
    expect(cancel.status).toBe(404);
  });

  it.each([
    [
      'that does not say it is JSON',
      415,
      'body-not-json',
      order('{}', { ...TOKEN, 'content-type': 'text/plain' }),
    ],
    ['that is no JSON', 400, 'not-json', order('{"scenario":', TOKEN)],
    ['of more than a megabyte', 413, 'body-too-large', order(' '.repeat(1_000_001))],
    ['nested 400,000 deep', 400, 'usage', order('['.repeat(400_000) + ']'.repeat(400_000))],
    ['with a prototype', 400, 'usage', order('{"__proto__":{"client":null},"scenario":1}')],
  ])('refuses a body %s, and says what to do', async (_what, status, code, request) => {
    const response = await anApp().app.request('/api/runs', request);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ ...REFUSAL, code });
  });

  it.each([
    ['nothing', 'usage', null],
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
    expect(await response.json()).toEqual({ ...REFUSAL, code });
  });

  it.each([
    ['DELETE', '/api/runs/nothing'],
    ['GET', '/api/runs/nothing/events'],
  ])('knows no run that was not started: %s %s', async (method, path) => {
    const response = await anApp().app.request(path, { method, headers: { ...HOST, ...TOKEN } });
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
    const listen = async (headers: Readonly<Record<string, string>>): Promise<string> => {
      const path = `/api/runs/${runId}/events`;
      return (await app.request(path, { headers: { ...HOST, ...headers } })).text();
    };
    const text = await listen({});
    expect(text).toContain('"type":"progress"');
    expect(text).toContain('"code":"broker-unreachable"');
    // Who has heard the first message gets the others, and who says nonsense gets all.
    expect(await listen({ 'last-event-id': '0' })).toBe(text.slice(text.indexOf('\n\n') + 2));
    for (const last of ['', 'x', '-1', '1e400', '0x', '1.5', ' '.repeat(999)]) {
      expect(await listen({ 'last-event-id': last })).toBe(text);
    }
    expect(await listen({ 'last-event-id': '999999999' })).toBe('');
    await desk.close();
  });
});
