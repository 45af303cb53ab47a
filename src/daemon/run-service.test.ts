import { connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { freePort } from '../../test/support/ports.ts'
import { runService } from './run-service.ts'

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
  expect(await accepts(web)).toBe(false)
  await new Promise(resolve => taken.close(resolve))

  const service = await runService({ name: 'mail', env, port: undefined })
  expect([service.url, await accepts(web), await accepts(smtp)]).toEqual([
    `http://127.0.0.1:${web}`,
    true,
    true,
  ])
  await service.stop()
  expect([await accepts(web), await accepts(smtp)]).toEqual([false, false])
})
