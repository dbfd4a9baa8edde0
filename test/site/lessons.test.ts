import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SCENARIOS, existing, simulate, view } from '../../engine/index.ts';
import { lesson } from '../../site/lessons/01-what-a-rebalance-is/lesson.ts';
import { fillIn, fillInHtml } from '../../site/lessons/lesson-type.ts';
import { readSections } from '../../site/lessons/markdown-plugin.ts';

const trace = simulate(existing(SCENARIOS.get('eager-join'), 'scenario'));
const path = new URL('../../site/lessons/01-what-a-rebalance-is/lesson.md', import.meta.url);
const sections = readSections(await readFile(path, 'utf8'));
const facts = lesson.factsOf(trace);

describe('lesson 1', () => {
  it('has a fact of the run for every placeholder', () => {
    const texts = [
      ...sections.map(({ html }) => html),
      ...lesson.questions.map(({ answer }) => answer),
    ];
    const names = texts.flatMap((text) =>
      [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name),
    );
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => name === undefined || !facts.has(name))).toEqual([]);
  });

  it('has a section for every chapter and question, and finds every chapter in the run, in order', () => {
    const ids = sections.map(({ id }) => id);
    expect(Object.keys(lesson.chapters).filter((id) => !ids.includes(id))).toEqual([]);
    expect(lesson.questions.filter(({ section }) => !ids.includes(section))).toEqual([]);
    const steps = Object.values(lesson.chapters).map(({ find }) => find(trace) ?? -1);
    expect(steps[0]).toBeGreaterThan(0);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  });

  it('asks questions whose right answers hold in the run', () => {
    const rightOf = (id: string): string | undefined => {
      const question = lesson.questions.find((candidate) => candidate.id === id);
      return question?.options[question.right];
    };
    const first = trace.events.find(
      (event) => event.kind === 'messageSent' && event.message.type === 'JoinGroupResponse',
    );
    expect(first?.kind === 'messageSent' && first.message).toMatchObject({
      errorCode: 'MEMBER_ID_REQUIRED',
    });
    expect(rightOf('first-answer')).toMatch(/^An error, and an id/);

    const revoked = trace.events.flatMap((event) =>
      event.kind === 'callbackEntered' && event.callback === 'revoked' ? event.partitions : [],
    );
    expect(revoked).toHaveLength(4);
    expect(rightOf('given-up')).toBe('All of them');

    const dealt = view(trace, trace.events.length - 1)
      .members.map(
        ({ name, assignment }) => `${name}: ${assignment.map((it) => it.partition).join(', ')}`,
      )
      .join('; ');
    expect(rightOf('dealt')).toBe(dealt);
  });
});

describe('readSections', () => {
  it('splits at headings that carry an id, and turns terms into explained words', () => {
    const [intro, part] = readSections(
      'Hello.\n\n## A title {#part}\n\nA [[word|Its meaning.]].\n',
    );
    expect(intro).toMatchObject({ id: 'intro', title: '' });
    expect(part).toMatchObject({ id: 'part', title: 'A title' });
    expect(part?.html).toContain('popovertarget="term-word"');
    expect(part?.html).toContain('Its meaning.');
  });
});

describe('fillIn', () => {
  it('says so where the run has no such fact', () => {
    expect(fillIn('{{here}} and {{gone}}', new Map([['here', '3']]))).toBe(
      '3 and (not in this run)',
    );
  });

  it('escapes facts in HTML, whatever people called their members', () => {
    expect(fillInHtml('<p>{{name}}</p>', new Map([['name', '<img src=x>&"']]))).toBe(
      '<p>&lt;img src=x&gt;&amp;&quot;</p>',
    );
  });
});
