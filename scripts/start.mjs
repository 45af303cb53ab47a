// `npm start`: all set-up, then `hangar up` in the foreground.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, root } from './lib.mjs'

ensureInstalled()
ensureBuilt()
const child = spawn(process.execPath, [join(root, 'bin', 'hangar.js'), 'up', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// A terminal sends Ctrl-C to both; the child answers it, this process waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
