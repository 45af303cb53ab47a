// `npm test`: all set-up, then every test. Arguments go to vitest.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { bin, ensureBuilt, ensureInstalled, run } from './lib.mjs'

ensureInstalled()
ensureBuilt()
ensureChromium()
run(bin('vitest'), ['run', ...process.argv.slice(2)])

/** Browser tests need Debian's chromium: installed where this user can, otherwise those tests say that they were skipped. */
function ensureChromium() {
  if (
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some(path =>
      existsSync(path),
    )
  )
    return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(
      'chromium is not installed and cannot be installed by this user: browser tests will be skipped.',
    )
    return
  }
  console.log('Installing chromium for the browser tests …')
  const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update', '-qq'], quiet)
  const done = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet)
  if (done.status !== 0) console.log('chromium could not be installed: browser tests will be skipped.')
}
