import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import { defineConfig } from 'eslint/config';

const sentence = (what, instead) => `The engine is deterministic: no ${what}. ${instead}`;

/** What would make two runs of one scenario differ, or tie the engine to a platform. */
const nondeterministic = {
  'no-restricted-globals': [
    'error',
    ...[
      ['Date', 'Time comes from the agenda.'],
      ['performance', 'Time comes from the agenda.'],
      ['crypto', 'Chance comes from sim/random.ts.'],
      ['setTimeout', 'Timers are entries of the agenda.'],
      ['setInterval', 'Timers are entries of the agenda.'],
      ['setImmediate', 'Timers are entries of the agenda.'],
      ['queueMicrotask', 'Timers are entries of the agenda.'],
      ['Promise', 'Nothing waits.'],
      ['process', 'It runs in a page as well.'],
      ['Buffer', 'It runs in a page as well.'],
      ['window', 'It runs in Node as well.'],
      ['document', 'It runs in Node as well.'],
      ['navigator', 'It runs in Node as well.'],
      ['console', 'It returns what it has to say.'],
      ['fetch', 'It does no input or output.'],
    ].map(([name, instead]) => ({ name, message: sentence(name, instead) })),
  ],
  'no-restricted-properties': [
    'error',
    {
      object: 'Math',
      property: 'random',
      message: sentence('Math.random', 'Chance comes from sim/random.ts.'),
    },
    {
      property: 'localeCompare',
      message: sentence('localeCompare', 'Compare with <, as Java does.'),
    },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: ':function[async=true]',
      message: sentence('async functions', 'Nothing waits.'),
    },
    { selector: 'AwaitExpression', message: sentence('await', 'Nothing waits.') },
  ],
};

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'test-results/', 'playwright-report/', 'coverage/'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
      globals: { ...globals.browser, ...globals.node },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers in texts are what most texts here are about.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      // A condition that can only be false may still guard what a file or the wire holds.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: false }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  { files: ['engine/**/*.ts'], rules: nondeterministic },
  {
    // Settings of tools are plain JavaScript.
    files: ['**/*.js'],
    extends: [ts.configs.disableTypeChecked],
  },
);
