import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type LiveMessage, type RecordingHeader, type TapMessage } from '../../../engine/index.ts';
import { GROUP_METRICS, LISTENING, Metrics } from '../../../server/metrics/metrics.ts';
import { MessageLog, type Heard } from '../../../server/run/message-log.ts';
import { readLines } from '../../support/recordings.ts';

/** The values of an exposition by name and labels, as Prometheus reads it. */
function valuesIn(text: string): ReadonlyMap<string, number> {
  const rows = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'));
  return new Map(
    rows.map((row) => {
      const [, series = '', value] = /^(\S+\{.*\}) (\S+)$/.exec(row) ?? [];
      return [series, Number(value)];
    }),
  );
}

/** What a run or a tap tells, in the order in which it does. */
class Told<Message> {
  readonly log = new MessageLog<Message>();
  readonly heard: Heard<Message>;

  constructor(id: string, messages: readonly Message[]) {
    this.heard = { id, log: this.log };
    for (const message of messages) this.log.tell(message);
  }
}

const tapped = (group: string, messages: readonly LiveMessage[]): readonly TapMessage[] =>
  messages.map((message) => ({ type: 'group', group, message }));

const linesOf = (name: string): readonly LiveMessage[] =>
  readLines(name).lines.map((line) => ({ type: 'line', line }));

const headerOf = (name: string): RecordingHeader => readLines(name).header;

/** As a tap tells a recording: it hears requests, and knows of no script. */
function asTapped(name: string, group: string): readonly TapMessage[] {
  const { header, lines } = readLines(name);
  const scenario = { ...header.scenario, group: group as typeof header.scenario.group, script: [] };
  return tapped(group, [
    { type: 'header', header: { ...header, scenario } },
    ...lines.flatMap((line): LiveMessage[] =>
      line.type === 'request' ? [{ type: 'line', line }] : [],
    ),
  ]);
}

const NONE = (): null => null;

describe('Metrics', () => {
  it('are valid without values where there is neither a run nor a tap', async () => {
    const text = await new Metrics(NONE, NONE).text();
    const described = text.split('\n').filter((row) => row.startsWith('# TYPE'));
    expect(described).toHaveLength(GROUP_METRICS.length + 1);
    expect(valuesIn(text)).toEqual(new Map());
  });

  it('tell of a run its rebalances by cause, its members, its owners and its lag', async () => {
    const header = headerOf('eager-crash');
    const told = new Told<LiveMessage>('1', [
      { type: 'header', header: { ...header, topicIds: {} } },
      ...linesOf('eager-crash'),
      { type: 'end', header },
    ]);
    told.log.end();
    const values = valuesIn(await new Metrics(() => told.heard, NONE).text());
    const of = (name: string, labels = ''): number | undefined =>
      values.get(`playground_group_${name}{source="run",group="orders-app"${labels}}`);
    expect(values.get('playground_listening{source="run"}')).toBe(0);
    expect(of('state', ',state="Stable"')).toBe(1);
    expect(of('state', ',state="Empty"')).toBe(0);
    expect(of('generation')).toBe(2);
    expect(of('epoch')).toBeUndefined();
    expect(of('members')).toBe(2);
    expect(of('rebalances_total', ',cause="joined"')).toBe(1);
    expect(of('rebalances_total', ',cause="session-timeout"')).toBe(1);
    expect(of('rebalances_total', ',cause="left"')).toBe(0);
    // From the crash until another member is told to own them: the session timeout and a rejoin.
    expect(of('ownerless_seconds_total', ',topic="orders"')).toBeGreaterThan(6);
    expect(of('lag_records', ',topic="orders",partition="0"')).toBe(0);
  });

  it('tell of each group of a tap, with no lag, whatever the groups are called', async () => {
    const strange = 'pay\\ments "of"\nmarch';
    const told = new Told<TapMessage>('1', [
      ...asTapped('eager-join', 'orders-app'),
      ...asTapped('consumer-protocol-crash', strange),
    ]);
    const { recordedAt, scenario } = headerOf('consumer-protocol-crash');
    const nowMs = Date.parse(recordedAt) + scenario.untilMs;
    const text = await new Metrics(
      NONE,
      () => told.heard,
      () => nowMs,
    ).text();
    const values = valuesIn(text);
    expect(values.get('playground_listening{source="tap"}')).toBe(1);
    expect(values.get('playground_group_generation{source="tap",group="orders-app"}')).toBe(2);
    const escaped = 'source="tap",group="pay\\\\ments \\"of\\"\\nmarch"';
    expect(values.get(`playground_group_epoch{${escaped}}`)).toBeGreaterThan(3);
    expect(values.get(`playground_group_state{${escaped},state="Stable"}`)).toBe(1);
    expect(values.get(`playground_group_rebalances_total{${escaped},cause="joined"}`)).toBe(3);
    expect(text).not.toContain('playground_group_lag_records{');
  });

  it('notice while a tap is open that all members have fallen silent, and not when it is full', async () => {
    const messages = asTapped('eager-join', 'orders-app');
    const { recordedAt } = headerOf('eager-join');
    const hoursLater = (): number => Date.parse(recordedAt) + 7_200_000;
    const empty = 'playground_group_state{source="tap",group="orders-app",state="Empty"}';
    const open = new Told<TapMessage>('1', messages);
    const openValues = valuesIn(await new Metrics(NONE, () => open.heard, hoursLater).text());
    expect(openValues.get(empty)).toBe(1);
    const full = new Told<TapMessage>('1', [
      ...messages,
      { type: 'full', problem: '', remedy: '' },
    ]);
    const fullValues = valuesIn(await new Metrics(NONE, () => full.heard, hoursLater).text());
    expect(fullValues.get(empty)).toBe(0);
    expect(fullValues.get('playground_listening{source="tap"}')).toBe(0);
  });

  it('take in what is told between two scrapes, and begin anew with another tap', async () => {
    const messages = asTapped('eager-crash', 'orders-app');
    const half = messages.slice(0, Math.floor(messages.length / 2));
    const { recordedAt } = headerOf('eager-crash');
    let nowMs = Date.parse(recordedAt);
    let told = new Told<TapMessage>('1', half);
    const metrics = new Metrics(
      NONE,
      () => told.heard,
      () => nowMs,
    );
    const expired =
      'playground_group_rebalances_total{source="tap",group="orders-app",cause="session-timeout"}';
    expect(valuesIn(await metrics.text()).get(expired)).toBe(0);
    for (const message of messages.slice(half.length)) told.log.tell(message);
    nowMs += headerOf('eager-crash').scenario.untilMs;
    expect(valuesIn(await metrics.text()).get(expired)).toBe(1);
    told = new Told<TapMessage>('2', []);
    expect(valuesIn(await metrics.text())).toEqual(
      new Map([['playground_listening{source="tap"}', 1]]),
    );
  });

  it('are read anew at most a tenth of the time, however often they are asked for', async () => {
    const messages = asTapped('eager-crash', 'orders-app');
    const told = new Told<TapMessage>('1', messages.slice(0, 20));
    // Each look at the clock is a second after the one before, so that reading takes a second.
    let nowMs = Date.parse(headerOf('eager-crash').recordedAt);
    const slow = (): number => (nowMs += 1_000);
    const metrics = new Metrics(NONE, () => told.heard, slow);
    const first = await metrics.text();
    for (const message of messages.slice(20)) told.log.tell(message);
    for (let count = 0; count < 8; count += 1) expect(await metrics.text()).toBe(first);
    nowMs += 1_000;
    expect(await metrics.text()).not.toBe(first);
  });

  it('stand in the table of README.md as they are told', () => {
    const readme = readFileSync(new URL('../../../server/README.md', import.meta.url), 'utf8');
    const rows = [LISTENING, ...GROUP_METRICS].map(({ name, type, labels, help }) => {
      const all = name === LISTENING.name ? labels : ['source', 'group', ...labels];
      return [`\`${name}\``, type, all.map((label) => `\`${label}\``).join(', '), help];
    });
    const table = readme
      .split('\n')
      .filter((row) => row.startsWith('| `playground_'))
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(table).toEqual(rows);
  });
});
