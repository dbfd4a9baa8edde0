import { Marked, type TokenizerAndRendererExtension } from 'marked';
import type { Plugin } from 'vite';

/** One part of a lesson's text: its heading, its name for code, and the text as HTML. */
export interface TextSection {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

/** Turns `lesson.md` into a list of sections when the site is built; no parser goes to the page. */
export function markdownSections(): Plugin {
  return {
    name: 'lesson-markdown',
    transform(code, id) {
      if (!id.endsWith('.md')) return null;
      return { code: `export default ${JSON.stringify(readSections(code))};`, map: null };
    },
  };
}

/** Sections begin with `## Title {#id}`; text before the first heading is the section `intro`. */
export function readSections(markdown: string): readonly TextSection[] {
  const marked = new Marked({ extensions: [term] });
  return markdown.split(/^(?=## )/m).map((part) => {
    const heading = /^## (?<title>.*?) \{#(?<id>[a-z-]+)\}\n/.exec(part);
    const body = heading === null ? part : part.slice(heading[0].length);
    const html = marked.parse(body, { async: false });
    return {
      id: heading?.groups?.['id'] ?? 'intro',
      title: heading?.groups?.['title'] ?? '',
      html,
    };
  });
}

/** `[[generation|What it means.]]`: a word that opens its explanation. */
const term: TokenizerAndRendererExtension = {
  name: 'term',
  level: 'inline',
  start: (text) => text.indexOf('[['),
  tokenizer(text) {
    const found = /^\[\[(?<word>[^|\]]+)\|(?<meaning>[^\]]+)\]\]/.exec(text);
    if (found === null) return undefined;
    return { type: 'term', raw: found[0], ...found.groups };
  },
  renderer(token) {
    const word = String(token['word']);
    const id = `term-${word.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
    return (
      `<dfn><button type="button" class="term" popovertarget="${id}">${word}</button></dfn>` +
      `<span popover id="${id}" class="meaning"><strong>${word}</strong> ${String(token['meaning'])}</span>`
    );
  },
};
