import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Folders that compute and nothing else: files, clocks and engines are passed into them. */
const pure = [
  'src/stack/**',
  'src/resolve/**',
  'src/plan/plan.ts',
  'src/plan/difference.ts',
  'src/plan/format.ts',
  'src/plan/hash.ts',
  'src/dev/impact.ts',
  'src/attach/protocol.ts',
  'src/attach/replay.ts',
  'src/state/**',
  'tui/**',
]

/** Every SDK has one door. */
const doors = {
  yaml: ['src/stack/source.ts'],
  dockerode: ['src/platform/engine/**'],
  '@grpc/grpc-js': ['src/platform/engine/**'],
  protobufjs: ['src/platform/engine/**'],
  execa: ['src/platform/**'],
  chokidar: ['src/platform/watch.ts'],
  blessed: ['tui/screen.ts'],
  '@kubernetes/client-node': ['src/platform/kubernetes/**'],
  ws: ['src/platform/kubernetes/**'],
  socks: ['src/platform/kubernetes/**'],
  '@aws-sdk/*': ['src/platform/aws/**'],
  '@smithy/*': ['src/platform/aws/**'],
}

const restrict = (patterns, paths = []) => ({ 'no-restricted-imports': ['error', { patterns, paths }] })
const doorPaths = (except = []) =>
  Object.keys(doors)
    .filter((name) => !except.includes(name))
    .map((name) => ({ group: [name], message: `only through ${doors[name].join(', ')}` }))
const layer = (group, message) => ({ group, message })

const noTui = layer(['**/tui/**'], 'the engine does not know the terminal UI; cli.ts injects it')
const noWorld = [
  layer(
    [
      '**/platform/**',
      '**/drivers/{process,compose,kubernetes}/**',
      '**/clusters/**',
      '**/session/**',
      '**/commands/**',
    ],
    'this folder is pure',
  ),
  layer(
    ['node:fs', 'node:fs/*', 'node:child_process', 'node:net', 'node:http', 'node:https', 'node:os'],
    'this folder is pure: pass the effect in',
  ),
]

export default defineConfig(
  {
    ignores: [
      'dist',
      'coverage',
      'node_modules',
      '**/node_modules',
      'test/lab',
      'examples/**/dist',
      'examples/hello',
      '**/fixtures/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.ts', 'scripts/*.mjs', 'examples/iam/*.mjs'] },
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: ['src/**/*.ts'], rules: restrict([...doorPaths(), noTui]) },
  { files: pure, rules: restrict([...doorPaths(), ...noWorld, noTui]) },
  { files: ['src/stack/source.ts'], rules: restrict([...doorPaths(['yaml']), ...noWorld, noTui]) },
  { files: ['src/platform/**/*.ts'], rules: restrict([...doorPaths(['execa']), noTui]) },
  {
    files: ['src/platform/engine/**/*.ts'],
    rules: restrict([...doorPaths(['dockerode', '@grpc/grpc-js', 'protobufjs']), noTui]),
  },
  {
    files: ['src/platform/kubernetes/**/*.ts'],
    rules: restrict([...doorPaths(['@kubernetes/client-node', 'ws', 'socks']), noTui]),
  },
  {
    files: ['src/platform/aws/**/*.ts'],
    rules: restrict([...doorPaths(['@aws-sdk/*', '@smithy/*']), noTui]),
  },
  { files: ['src/platform/watch.ts'], rules: restrict([...doorPaths(['chokidar']), noTui]) },
  { files: ['tui/screen.ts'], rules: restrict([...doorPaths(['blessed']), ...noWorld]) },
  { files: ['src/cli.ts'], rules: restrict(doorPaths()) },
  {
    files: ['src/plan/execute.ts', 'src/smoke/**', 'src/content/**', 'src/images/**', 'src/memory/**'],
    rules: restrict([
      ...doorPaths(),
      noTui,
      layer(
        ['**/drivers/{process,compose,kubernetes}/**', '**/clusters/**', '**/commands/**'],
        'only the composition root knows the drivers',
      ),
    ]),
  },
  {
    files: ['src/report/**', 'src/cli.ts', 'scripts/**', 'examples/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
      },
    },
  },
)
