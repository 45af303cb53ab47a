// `npm run check`: format, lint, types, architecture, unused code. Seconds.
import { bin, ensureInstalled, run } from './lib.mjs'

ensureInstalled()
const fix = process.argv.includes('--fix')
run(bin('biome'), ['check', ...(fix ? ['--write'] : []), '.'])
run(bin('tsc'), ['-p', 'tsconfig.json'])
run(bin('vitest'), ['run', 'test/architecture.test.ts', '--reporter=dot'])
run(bin('knip'), [])
