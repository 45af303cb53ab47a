import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ExitInfo, LaunchSpec, Runtime } from '#engine'
import { procStat, silentLog, systemClock } from '#kernel'
import { runtimeContract } from '../../test/contracts/runtime.ts'
import { freePort } from '../../test/support/ports.ts'
import { Catalogue } from './catalogue.ts'
import { HostedServices } from './hosted/runtime.ts'
import { LogBook } from './logs/log-book.ts'
import { createCommandImage } from './process/command-image.ts'
import { createProcessRuntime } from './process/runtime.ts'
import { createRuntime } from './runtime.ts'

const clock = systemClock
const listening = `require('node:http').createServer((q, s) => s.end(process.env.GREETING + ' ' + process.pid)).listen(process.env.PORT, '127.0.0.1')`
const entry = fileURLToPath(new URL('./testing/host-entry.ts', import.meta.url))
const execArgv = ['--import', 'tsx', '--conditions=hangar:src']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-runtime-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function processes(homeId = `test-${Math.random()}`) {
  const logs = new LogBook({ machinesDirectory: folder, clock })
  const process_ = createProcessRuntime({ image: createCommandImage(process.env), clock, logs, homeId })
  const catalogue = new Catalogue([{ repositories: ['hangar/process'], runtime: process_ }])
  return { runtime: createRuntime({ catalogue, homeId, clock }), logs, homeId }
}

function hosted() {
  const logs = new LogBook({ machinesDirectory: folder, clock })
  const services = new HostedServices({
    entry,
    execArgv,
    homeId: `test-${Math.random()}`,
    clock,
    log: silentLog,
    logs,
  })
  const catalogue = new Catalogue([{ repositories: ['acme/trouble'], runtime: services.runtime('trouble') }])
  return { runtime: createRuntime({ catalogue, homeId: 'none', clock }), services, logs }
}

runtimeContract('the process runtime', async () => {
  const { runtime } = processes()
  return {
    runtime,
    image: 'hangar/process:1',
    config: { init: { exec: [process.execPath, '-e', listening] } },
    adopts: true,
    close: async () => {},
  }
})

runtimeContract('the hosted runtime', async () => {
  const { runtime, services } = hosted()
  return { runtime, image: 'acme/trouble:1', adopts: false, close: () => services.close() }
})

async function specOf(id: string, image: string, more: Partial<LaunchSpec> = {}): Promise<LaunchSpec> {
  return {
    app: 'shop',
    network: 'default',
    machineId: id,
    instanceId: '01A',
    token: `token-${id}-${Math.random()}`,
    image,
    config: {},
    env: { GREETING: id },
    files: [],
    mounts: [],
    directory: join(folder, id),
    ports: { 8080: await freePort() },
    guest: {},
    ...more,
  }
}

function ask(spec: LaunchSpec, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: spec.ports[8080], path, agent: false }, response => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', chunk => (text += chunk))
        .on('end', () => resolve(text))
    }).on('error', reject)
  })
}

describe('a process machine', () => {
  const command = (script: string) => ({ config: { init: { exec: [process.execPath, '-e', script] } } })

  it('survives its daemon and is adopted by the next, which sees it end', async () => {
    const first = processes()
    const spec = await specOf('m1', 'hangar/process:1', command(listening))
    const { handle } = await first.runtime.start(spec, () => {})
    const second = processes(first.homeId)
    const exits: ExitInfo[] = []
    expect(await second.runtime.adopt(spec, handle, exit => exits.push(exit))).toBeTruthy()
    expect(await ask(spec)).toBe(`m1 ${handle['pid']}`)
    await second.runtime.stop('m1', { signal: 'SIGTERM', timeoutMs: 5_000 })
    expect(exits).toHaveLength(1)
  })

  it('is frozen with everything that it started, in whatever group', async () => {
    const { runtime } = processes()
    const script = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000) // own-group-${Math.random()}'], { detached: true }); ${listening}`
    const spec = await specOf('m1', 'hangar/process:1', command(script))
    await runtime.start(spec, () => {})
    await expect.poll(async () => (await runtime.processes('m1')).length).toBe(2)
    await runtime.suspend('m1')
    const states = async () => (await runtime.processes('m1')).map(({ pid }) => stateOf(pid))
    await expect.poll(states).toEqual(['T', 'T'])
    await runtime.resume('m1')
    await expect.poll(states).not.toContain('T')
    const pids = (await runtime.processes('m1')).map(({ pid }) => pid)
    await runtime.stop('m1', { signal: 'SIGTERM', timeoutMs: 5_000 })
    // A zombie runs no more; who reaps it is the system's business.
    expect(pids.filter(pid => procStat(pid)?.zombie === false)).toEqual([])
  })

  it('that does not heed its signal is killed when its time is over', async () => {
    const { runtime } = processes()
    const spec = await specOf(
      'm1',
      'hangar/process:1',
      command(`process.on('SIGTERM', () => {}); ${listening}`),
    )
    const exits: ExitInfo[] = []
    await runtime.start(spec, exit => exits.push(exit))
    await runtime.stop('m1', { signal: 'SIGTERM', timeoutMs: 50 })
    expect(exits).toMatchObject([{ signal: 'SIGKILL' }])
  })

  it('that ends before it listens fails to start, with its last words', async () => {
    const { runtime } = processes()
    const spec = await specOf(
      'm1',
      'hangar/process:1',
      command(`console.error('no config file'); process.exit(3)`),
    )
    await expect(runtime.start(spec, () => {})).rejects.toThrowError(/exit code 3.*no config file/)
  })

  it('whose program is not there says so', async () => {
    const { runtime } = processes()
    const spec = await specOf('m1', 'hangar/process:1', { config: { init: { exec: ['/no/such/program'] } } })
    await expect(runtime.start(spec, () => {})).rejects.toThrowError(/no such program/)
  })

  it('runs commands in its surroundings', async () => {
    const { runtime } = processes()
    const spec = await specOf('m1', 'hangar/process:1', command(listening))
    await runtime.start(spec, () => {})
    const shell = (line: string) => runtime.exec(spec, { command: ['sh', '-c', line], stdin: 'in' })
    expect(await shell('echo $GREETING; cat; echo bad >&2; exit 7')).toEqual({
      exit_code: 7,
      exit_signal: 0,
      stdout: 'm1\nin',
      stderr: 'bad\n',
    })
    const slow = await runtime.exec(spec, { command: ['sleep', '60'], timeoutMs: 50 })
    expect(slow.exit_signal).toBe(9)
    // Longer than the system's timers count.
    const patient = await runtime.exec(spec, { command: ['sleep', '0.1'], timeoutMs: 2 ** 31 })
    expect(patient).toMatchObject({ exit_code: 0, exit_signal: 0 })
    // What has left the command's group holds its output open, and is not waited for beyond the time.
    const left = await runtime.exec(spec, {
      command: ['sh', '-c', 'setsid sleep 60 & echo $!'],
      timeoutMs: 200,
    })
    process.kill(Number(left.stdout), 'SIGKILL')
    expect([left.exit_code, left.exit_signal]).toEqual([0, 0])
    await runtime.stop('m1', { signal: 'SIGKILL', timeoutMs: 0 })
  })

  it('writes a log that can be read, followed and rotated', async () => {
    const { runtime, logs } = processes()
    const spec = await specOf(
      'm1',
      'hangar/process:1',
      command(
        `console.log('one'); console.error('two'); process.on('SIGUSR2', () => console.log('three')); ${listening}`,
      ),
    )
    await runtime.start(spec, () => {})
    expect(await logs.tail('m1', 10)).toEqual(['one', 'two'])
    expect(await logs.tail('m1', 1)).toEqual(['two'])
    const followed: string[] = []
    const end = logs.follow('m1', line => followed.push(line))
    await runtime.signal('m1', 'SIGUSR2')
    await expect.poll(() => followed).toEqual(['three'])
    new LogBook({ machinesDirectory: folder, clock, rotateAtBytes: 1 }).rotate('m1')
    await runtime.signal('m1', 'SIGUSR2')
    await expect.poll(() => followed).toEqual(['three', 'three'])
    expect(await logs.tail('m1', 10)).toEqual(['one', 'two', 'three', 'three'])
    end()
    await runtime.stop('m1', { signal: 'SIGKILL', timeoutMs: 0 })
  })

  it('that nobody owns is swept away, one that is owned is not', async () => {
    const { runtime } = processes()
    const kept = await specOf('kept', 'hangar/process:1', command(listening))
    // What it leaves behind has no parent of ours, as after a crash of the daemon.
    const script = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' }); ${listening}`
    const lost = await specOf('lost', 'hangar/process:1', command(script))
    await runtime.start(kept, () => {})
    const { handle } = await runtime.start(lost, () => {})
    await expect.poll(async () => (await runtime.processes('lost')).length).toBe(2)
    const [, child] = await runtime.processes('lost')
    const orphan = child?.pid ?? 0
    process.kill(Number(handle['pid']), 'SIGKILL')
    await expect.poll(() => procStat(orphan)?.parent).not.toBe(handle['pid'])
    const ended = await runtime.sweep(new Set([kept.token]))
    expect(ended).toHaveLength(1)
    expect(procStat(orphan)?.zombie ?? true).toBe(true)
    expect(await ask(kept)).toContain('kept')
    await runtime.stop('kept', { signal: 'SIGKILL', timeoutMs: 0 })
  })
})

describe('hosted services share a host', () => {
  const start = async (runtime: Runtime, id: string, exits: string[] = []) => {
    const spec = await specOf(id, 'acme/trouble:1')
    await runtime.start(spec, exit => exits.push(`${id} ${exit.exitCode ?? exit.signal}`))
    return spec
  }

  it('and one that throws, or rejects, takes no other down', async () => {
    for (const path of ['/throw', '/reject']) {
      const { runtime, services } = hosted()
      const exits: string[] = []
      const good = await start(runtime, 'good', exits)
      const bad = await start(runtime, 'bad', exits)
      const before = await ask(good)
      await ask(bad, path).catch(() => {})
      await expect.poll(() => exits).toEqual(['bad 1'])
      expect(await ask(good)).toBe(before)
      await services.close()
    }
  })

  it('and one that blocks is found out: the others get a fresh host, the culprit one of its own', async () => {
    for (const path of ['/block', '/block-later']) {
      const { runtime, services } = hosted()
      const exits: string[] = []
      const good = await start(runtime, 'good', exits)
      const bad = await start(runtime, 'bad', exits)
      ask(bad, path).catch(() => {})
      await expect.poll(() => exits.sort(), { timeout: 15_000 }).toEqual(['bad SIGKILL', 'good SIGKILL'])
      // What the restart policy of the engine does:
      await runtime.start(good, () => {})
      await runtime.start(bad, () => {})
      const pids = await Promise.all([ask(good), ask(bad)])
      expect(pids[0].split(' ').at(-1)).not.toBe(pids[1].split(' ').at(-1))
      expect(services.hosts.map(({ instances }) => instances).sort()).toEqual([1, 1])
      await services.close()
    }
  }, 40_000)

  it('and when the host is killed, each is told so and can be started again', async () => {
    const { runtime, services } = hosted()
    const exits: string[] = []
    const one = await start(runtime, 'one', exits)
    await start(runtime, 'two', exits)
    const [host] = services.hosts
    assert(host)
    process.kill(host.pid, 'SIGKILL')
    await expect.poll(() => exits.sort()).toEqual(['one SIGKILL', 'two SIGKILL'])
    await runtime.start(one, () => {})
    expect(await ask(one)).toContain('one from')
    await services.close()
  })

  it('and one that cannot be created says why', async () => {
    const { runtime, services } = hosted()
    const spec = await specOf('m1', 'acme/trouble:1', { env: { REFUSE: '1' } })
    await expect(runtime.start(spec, () => {})).rejects.toThrowError(
      /trouble could not be started: REFUSE is set/,
    )
    await services.close()
  })

  it('and logs of each go to its own machine', async () => {
    const { runtime, services, logs } = hosted()
    await ask(await start(runtime, 'm1'), '/hello')
    expect(JSON.parse((await logs.tail('m1', 1))[0] ?? '{}')).toMatchObject({
      service: 'trouble',
      url: '/hello',
      msg: 'asked',
    })
    await services.close()
  })
})

function stateOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[0] ?? ''
}
