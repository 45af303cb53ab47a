import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ExitInfo, LaunchSpec, Runtime } from '#engine'
import { freePort } from '../support/ports.ts'

export interface RuntimeSubject {
  readonly runtime: Runtime
  /** An image that listens on its port 8080. */
  readonly image: string
  /** What of a machine's config makes that image do so. */
  readonly config?: LaunchSpec['config']
  /** Processes of a machine survive their daemon. */
  readonly adopts: boolean
  close(): Promise<void>
}

/** What every Runtime must do, whatever it runs. */
export function runtimeContract(name: string, open: () => Promise<RuntimeSubject>): void {
  describe(`${name} as a Runtime`, () => {
    let subject: RuntimeSubject
    let folder: string
    let spec: LaunchSpec
    const exits: ExitInfo[] = []
    const onExit = (exit: ExitInfo) => void exits.push(exit)

    beforeEach(async () => {
      subject = await open()
      folder = mkdtempSync(join(tmpdir(), 'hangar-runtime-'))
      exits.length = 0
      spec = {
        app: 'shop',
        network: 'default',
        machineId: 'm1',
        instanceId: '01A',
        token: `token-${process.pid}-${Math.random()}`,
        image: subject.image,
        config: subject.config ?? {},
        env: { GREETING: 'hello' },
        files: [],
        mounts: [],
        directory: join(folder, 'm1'),
        ports: { 8080: await freePort() },
        guest: {},
      }
    })
    afterEach(async () => {
      await subject.runtime.stop('m1', { signal: 'SIGKILL', timeoutMs: 0 })
      await subject.close()
      rmSync(folder, { recursive: true, force: true })
    })

    it('knows where a port will answer before the start, and answers there after it', async () => {
      const address = subject.runtime.addressOf(spec, 8080)
      await subject.runtime.start(spec, onExit)
      expect(await answers(address as { port: number })).toBe(true)
    })

    it('leaves nothing after a stop, tells its end once, and takes a second stop', async () => {
      const address = subject.runtime.addressOf(spec, 8080)
      await subject.runtime.start(spec, onExit)
      await subject.runtime.stop('m1', { signal: 'SIGTERM', timeoutMs: 5_000 })
      expect(await answers(address as { port: number })).toBe(false)
      expect(exits).toHaveLength(1)
      await subject.runtime.stop('m1', { signal: 'SIGTERM', timeoutMs: 5_000 })
      expect(exits).toHaveLength(1)
      expect(await subject.runtime.stats('m1')).toBeUndefined()
    })

    it('starts again after a stop', async () => {
      const address = subject.runtime.addressOf(spec, 8080)
      for (let round = 0; round < 2; round++) {
        await subject.runtime.start({ ...spec, token: `${spec.token}-${round}` }, onExit)
        expect(await answers(address as { port: number })).toBe(true)
        await subject.runtime.stop('m1', { signal: 'SIGTERM', timeoutMs: 5_000 })
      }
    })

    it('comes back from a suspension', async () => {
      const address = subject.runtime.addressOf(spec, 8080)
      await subject.runtime.start(spec, onExit)
      await subject.runtime.suspend('m1')
      await subject.runtime.resume('m1')
      expect(await answers(address as { port: number })).toBe(true)
      expect(exits).toEqual([])
    })

    it('measures what runs', async () => {
      await subject.runtime.start(spec, onExit)
      const stats = await subject.runtime.stats('m1')
      expect(stats?.memoryBytes).toBeGreaterThan(0)
      expect(stats?.uptimeSeconds).toBeGreaterThanOrEqual(0)
      expect((await subject.runtime.processes('m1')).length).toBeGreaterThan(0)
    })

    it('refuses an image that it does not know, and names those that it does', () => {
      expect(() => subject.runtime.resolve('acme/unknown:1')).toThrowError(
        /acme\/unknown:1 is not in the catalogue/,
      )
    })

    it('does not adopt what is not provably its own', async () => {
      expect(await subject.runtime.adopt(spec, { pid: process.pid, startTime: '1' }, onExit)).toBeUndefined()
    })
  })
}

function answers({ port }: { port: number }): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    const verdict = (ok: boolean) => {
      socket.destroy()
      resolve(ok)
    }
    socket.once('connect', () => verdict(true))
    socket.once('error', () => verdict(false))
  })
}
