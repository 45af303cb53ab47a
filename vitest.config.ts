import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['hangar:src', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['hangar:src', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'stacks/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
})
