import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { freePort } from '../../test/support/ports.ts'
import { runService } from './run-service.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-alone-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const accepts = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

it('a service that runs alone has all of its listeners, or none when a port is taken', async () => {
  const [web, smtp] = [await freePort(), await freePort()]
  const env = { MP_SMTP_BIND_ADDR: `127.0.0.1:${smtp}`, PORT: String(web) }
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(smtp, '127.0.0.1', resolve))
  await expect(runService({ name: 'mail', env, port: undefined })).rejects.toThrowError(
    `the port ${smtp} is taken by another program`,
  )
  expect([await accepts(web), readdirSync(folder)]).toEqual([false, []])
  await new Promise(resolve => taken.close(resolve))

  const service = await runService({ name: 'mail', env, port: undefined })
  expect([service.url, await accepts(web), await accepts(smtp)]).toEqual([
    `http://127.0.0.1:${web}`,
    true,
    true,
  ])
  await service.stop()
  expect([await accepts(web), await accepts(smtp)]).toEqual([false, false])
  expect(readdirSync(folder)).toEqual([])
})

it('a service that cannot be made leaves nothing behind', async () => {
  const env = { KONG_DECLARATIVE_CONFIG: join(folder, 'missing.yml') }
  await expect(runService({ name: 'gateway', env, port: 0 })).rejects.toThrowError(/missing\.yml/)
  expect(readdirSync(folder)).toEqual([])
})
