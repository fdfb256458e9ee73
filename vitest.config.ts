import { defineConfig } from 'vitest/config'

/**
 * `unit` needs nothing but Node, `engine` a Docker engine, `cluster` that and Docker Desktop's Kubernetes, `kind` that program, `aws` the
 * lab's stand-in for AWS; `e2e` runs the program on whatever is there. See test/lab.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: [
            'test/e2e/**',
            'test/contract/**',
            '**/*.engine.test.ts',
            '**/*.{aws,cluster,kind}.test.ts',
            '**/node_modules/**',
          ],
        },
      },
      {
        test: {
          name: 'engine',
          include: ['test/**/*.engine.test.ts', 'test/contract/**/*.test.ts'],
          exclude: ['**/*.{aws,cluster,kind}.test.ts', '**/node_modules/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/**/*.cluster.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // What counts requests under load is not to share its machine with others.
          fileParallelism: false,
        },
      },
      {
        test: {
          // One registry serves all clusters of this machine, and some tests take it away.
          name: 'kind',
          include: ['test/**/*.kind.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // One stand-in serves all of them, and is told to fail.
          name: 'aws',
          include: ['test/**/*.aws.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['**/*.{aws,cluster,kind}.test.ts', '**/node_modules/**'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
