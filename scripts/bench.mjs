// `node scripts/bench.mjs <name>`: runs bench/<name>.ts on the built program.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, root, run } from './lib.mjs'

const name = process.argv[2] ?? ''
const file = join(root, 'bench', `${name}.ts`)
if (!existsSync(file)) {
  const known = readdirSync(join(root, 'bench')).filter(entry => entry.endsWith('.ts'))
  console.error(`There is no bench "${name}". Benches: ${known.map(entry => entry.slice(0, -3)).join(', ')}`)
  process.exit(1)
}
ensureInstalled()
ensureBuilt()
run(process.execPath, ['--import', 'tsx', '--conditions=hangar:src', file, ...process.argv.slice(3)])
