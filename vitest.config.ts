import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['hangar:src', 'node'] },
  ssr: { resolve: { conditions: ['hangar:src', 'node'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'stacks/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    globalSetup: ['test/support/worker-exits.ts'],
  },
})
