import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createSecureServer } from 'node:tls'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { selfSigned } from '../../../test/support/certificate.ts'
import { config, useGateways } from './testing/gateways.ts'

const { gateway, listen, get } = useGateways()

/** What a program prints that is made of this repository's sources. */
async function outputOf(program: string, env: Record<string, string>): Promise<string> {
  const args = ['--import', 'tsx', '--conditions=hangar:src', '--input-type=module', '-e', program]
  return (await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } })).stdout
}

it('a service over TLS is asked by its name, and not spoken to when it cannot prove it', async () => {
  const { cert, key } = await selfSigned('localhost')
  const names: unknown[] = []
  const server = createSecureServer(
    {
      cert,
      key,
      SNICallback(name, done) {
        names.push(name)
        done(null)
      },
    },
    socket => socket.on('error', () => undefined),
  )
  const to = await listen(Object.assign(server, { closeAllConnections: () => undefined }))
  const port = await gateway(config(to).replace('http://127.0.0.1', 'https://localhost'))
  expect((await get(port, '/api/v1/x')).status).toBe(502)
  expect(names).toEqual(['localhost'])
})

it('a service over TLS that can prove it is asked over a connection that is kept', async () => {
  const { cert, key } = await selfSigned('localhost')
  let connections = 0
  const secure = createHttpsServer({ cert, key }, (req, res) => res.end(`${req.method} ${req.url};`))
  secure.on('secureConnection', () => connections++)
  const to = await listen(secure)
  const folder = mkdtempSync(join(tmpdir(), 'hangar-gateway-tls-'))
  try {
    writeFileSync(join(folder, 'authority.pem'), cert)
    writeFileSync(join(folder, 'kong.yml'), config(to).replace('http://127.0.0.1', 'https://localhost'))
    // Whom Node trusts is settled when a process starts.
    const text = await outputOf(
      `import { createListener, ownOffer } from '#http'
      import { silentLog, systemClock } from '#kernel'
      import { gatewayService } from '#services/gateway'
      const instance = await gatewayService.create({ env: { KONG_DECLARATIVE_CONFIG: process.env.CONFIG }, log: silentLog, clock: systemClock })
      const port = await createListener(ownOffer(instance), { port: 0 }).open()
      for (const _ of [1, 2]) process.stdout.write(await (await fetch('http://127.0.0.1:' + port + '/api/v1/x')).text())
      process.exit()`,
      { NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'), CONFIG: join(folder, 'kong.yml') },
    )
    expect([text, connections]).toEqual(['GET /base/x;GET /base/x;', 1])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
