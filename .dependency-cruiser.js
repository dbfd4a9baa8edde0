/** Who may import whom; see engine/README.md for the reasons. */
const forEngine = [
  '^engine/(assert|errors|parsing|persistent-(list|map)|turn)\\.ts$',
  '^engine/java/',
];

/** A part of the engine may use what is for all, its own folder, and these. */
const part = (name, allowed) => ({
  name: `engine-${name}`,
  severity: 'error',
  comment: `engine/${name} imports ${allowed.join(', ') || 'no sibling'} and what is for all`,
  from: { path: `^engine/${name}/` },
  to: {
    path: '^engine/',
    pathNot: [...forEngine, `^engine/${name}/`, ...allowed.map((other) => `^engine/${other}/`)],
  },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'engine-is-pure',
      severity: 'error',
      comment: 'The engine imports itself, xstate and valibot; no Node, no page, no Kafka client.',
      from: { path: '^engine/' },
      to: { pathNot: ['^engine/', 'node_modules/(xstate|valibot)/'] },
    },
    part('protocol', []),
    part('sim', []),
    part('java', []),
    part('assignors', ['protocol']),
    // A trace carries its scenario.
    part('scenarios', ['protocol']),
    part('trace', ['protocol', 'scenarios']),
    part('coordinator', ['protocol', 'assignors']),
    part('consumer', ['protocol', 'assignors', 'scenarios']),
    {
      name: 'one-door',
      severity: 'error',
      comment: 'Site and server enter the engine by its index only.',
      from: { path: '^(site|server)/' },
      to: { path: '^engine/', pathNot: '^engine/index\\.ts$' },
    },
    {
      name: 'site-and-server-meet-over-http',
      severity: 'error',
      from: { path: '^(site|server)/' },
      to: { path: '^(site|server)/', pathNot: '^$1/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'known-packages',
      severity: 'error',
      comment: 'A package that is imported stands in package.json.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
