import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import type { Authenticator } from '../authenticator.ts'
import type { DeskFace } from '../face.ts'
import { listenOnTcp, type TcpListener } from '../tcp.ts'
import { createMcpFace, mcpFaceOf } from './face.ts'
import { createMcpEndpoint } from './http.ts'
import { createEverythingServer } from './testing/everything/index.ts'

const suite = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
)

/** The suite sends no token; who calls is tested elsewhere. */
const anyone: Authenticator = {
  authenticate: async () => ({ id: 'agt_suite', kind: 'agent', role: 'devops', silos: '*', via: 'mcp' }),
  challenge: () => 'Bearer',
}

let prescribed: TcpListener
let own: TcpListener
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-conformance-'))
  prescribed = await listen(mcpFaceOf(() => createMcpEndpoint(createEverythingServer, parts), parts))
  own = await listen(createMcpFace({ ...parts, version: '1.0.0' }))
})
afterAll(async () => {
  await prescribed.stop()
  await own.stop()
  rmSync(folder, { recursive: true, force: true })
})

const parts = { log: silentLog, clock: systemClock }

const listen = (face: DeskFace) =>
  listenOnTcp(
    { port: 0, authenticator: anyone, faces: [face] },
    { perform: async () => [], audit: { append: async () => {} }, ...parts, version: '1.0.0' },
  )

function run({ origin }: TcpListener, ...args: string[]): Promise<string> {
  const shim = new URL('./testing/conformance-shim.mjs', import.meta.url).href
  return new Promise(resolve =>
    execFile(
      process.execPath,
      ['--import', shim, suite, 'server', '--url', `${origin}/mcp`, ...args],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    ),
  )
}

/** What the summary says of each scenario that counts for the revision. */
function failedOf(output: string): string[] {
  const [summary = '', notScored = ''] = (output.split('=== SUMMARY ===')[1] ?? '').split('Not scored for')
  const optional = [...notScored.matchAll(/^ +[✓✗] (\S+) \(/gm)].map(([, name]) => name)
  return [...summary.matchAll(/^✗ ([^:]+):/gm)]
    .map(([, name = '']) => name)
    .filter(name => !optional.includes(name))
}

/** The suite is a process of its own, and takes its time on a busy machine. */
const timeout = 180_000

describe('the official conformance suite', () => {
  it('passes in the revision 2026-07-28: every scenario that it requires of a server', {
    timeout: 60_000,
  }, async () => {
    const output = await run(prescribed, '--requirements', '2026-07-28')
    expect(output).toContain('✓ server-stateless: 28 passed, 0 failed')
    expect(failedOf(output)).toEqual([])
  })

  it('passes in the revision 2025-11-25: every scenario, also those in which the server asks its client', {
    timeout: 60_000,
  }, async () => {
    const output = await run(prescribed, '--requirements', '2025-11-25')
    expect(output).toContain('✓ server-initialize: 2 passed, 0 failed')
    expect(failedOf(output)).toEqual([])
  })

  // Of one run with everything: what needs the tools that the suite prescribes fails there, as it must.
  it.each([
    [
      '2026-07-28',
      [
        'tools-list',
        'resources-list',
        'prompts-list',
        'caching',
        'sep-2164-resource-not-found',
        'dns-rebinding-protection',
        'http-header-validation',
      ],
    ],
    [
      '2025-11-25',
      [
        'server-initialize',
        'ping',
        'tools-list',
        'resources-list',
        'prompts-list',
        'dns-rebinding-protection',
      ],
    ],
  ])(
    'passes on the desk itself in %s, as far as it prescribes no tools',
    { timeout },
    async (revision, scenarios) => {
      const output = await run(own, '--requirements', revision)
      for (const scenario of scenarios)
        expect(output).toMatch(new RegExp(`✓ ${scenario}: [1-9]\\d* passed, 0 failed`))
    },
  )
})
