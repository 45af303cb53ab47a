import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryOf } from '#runtime'
import { processesOf, startHangar, type TestHangar } from '../support/hangar.ts'

// A user's own service as a machine: made over Fly's wire API, reached by name through the edge, asleep when idle.

let hangar: TestHangar
let api: string
let edgePort: number
let token: string

beforeAll(async () => {
  hangar = await startHangar()
  await readAddresses()
  token = readFileSync(`${hangar.hangarHome}/machines-api.token`, 'utf8').trim()
  await call('POST', '/apps', { name: 'hello', org_slug: 'personal' })
  await call('POST', '/apps/hello/ip_assignments', { type: 'shared_v4' })
})
afterAll(async () => {
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

/** Where the API and the edge of the daemon that runs now are. */
async function readAddresses(): Promise<void> {
  const status = await hangar.json('status')
  api = `${status.machines_api}/v1`
  edgePort = Number(new URL(status.edge.http).port)
}

async function restarted(): Promise<void> {
  await hangar.up()
  await readAddresses()
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API are looked at field by field
async function call(method: string, path: string, body?: unknown): Promise<any> {
  const response = await fetch(api + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

function ask(
  path: string,
  options: { method?: string; bytes?: number; host?: string } = {},
): Promise<{ status: number; body: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: edgePort,
        path,
        method: options.method ?? 'GET',
        agent: false,
        headers: {
          host: options.host ?? 'hello.localhost',
          ...(options.bytes === undefined ? {} : { 'content-length': options.bytes }),
        },
      },
      response => {
        let body = ''
        let bytes = 0
        response.on('data', chunk => {
          bytes += chunk.length
          if (bytes < 4096) body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, bytes }))
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    const chunk = Buffer.alloc(256 * 1024)
    let left = options.bytes ?? 0
    const send = () => {
      while (left > 0) {
        const part = left < chunk.length ? chunk.subarray(0, left) : chunk
        left -= part.length
        if (!outgoing.write(part)) return void outgoing.once('drain', send)
      }
      outgoing.end()
    }
    send()
  })
}

const program = `
const http = require('node:http')
http.createServer((request, response) => {
  if (request.url.startsWith('/download')) {
    let left = Number(request.url.split('/')[2])
    const chunk = Buffer.alloc(256 * 1024)
    const send = () => {
      while (left > 0) {
        left -= chunk.length
        if (!response.write(chunk)) return response.once('drain', send)
      }
      response.end()
    }
    return send()
  }
  let bytes = 0
  request.on('data', chunk => { bytes += chunk.length })
  request.on('end', () => response.end(JSON.stringify({ pid: process.pid, bytes, greeting: process.env.GREETING, region: process.env.FLY_REGION, file: require('node:fs').readFileSync(process.env.CONFIG, 'utf8') })))
}).listen(process.env.PORT, '127.0.0.1')`

const config = {
  image: 'hangar/process:1',
  init: { exec: [process.execPath, '-e', program] },
  env: { GREETING: 'from env', CONFIG: '/etc/hello.conf' },
  files: [{ guest_path: '/etc/hello.conf', raw_value: Buffer.from('a file').toString('base64') }],
  services: [
    {
      internal_port: 8080,
      protocol: 'tcp',
      autostart: true,
      autostop: 'off',
      ports: [{ port: 80, handlers: ['http'] }],
      checks: [{ type: 'http', path: '/health', interval: '2s' }],
    },
  ],
}

describe('a command as a machine', () => {
  let id: string

  it('answers by its name, with its environment, secrets and files', async () => {
    await call('POST', '/apps/hello/secrets', { values: { GREETING: 'from a secret' } })
    id = (await call('POST', '/apps/hello/machines', { config, region: 'fra' })).id
    await call('GET', `/apps/hello/machines/${id}/wait?state=started`)
    expect(JSON.parse((await ask('/')).body)).toMatchObject({
      greeting: 'from a secret',
      region: 'fra',
      file: 'a file',
    })
    await expect
      .poll(async () => (await call('GET', `/apps/hello/machines/${id}`)).checks[0]?.status, {
        timeout: 10_000,
      })
      .toBe('passing')
  })

  it('is woken by a request from stopped, and from suspended with its memory', async () => {
    await call('POST', `/apps/hello/machines/${id}/stop`)
    await call('GET', `/apps/hello/machines/${id}/wait?state=stopped`)
    const first = JSON.parse((await ask('/')).body).pid
    await call('POST', `/apps/hello/machines/${id}/suspend`)
    await call('GET', `/apps/hello/machines/${id}/wait?state=suspended`)
    expect(JSON.parse((await ask('/')).body).pid).toBe(first)
  })

  it('survives kill -9 of the daemon, and is still the same process', async () => {
    const { pid } = JSON.parse((await ask('/')).body)
    await hangar.kill()
    await restarted()
    expect(JSON.parse((await ask('/')).body).pid).toBe(pid)
  })

  it('whose daemon is killed in the middle of an update runs once afterwards, in the new version', async () => {
    await call('POST', '/apps', { name: 'stubborn', org_slug: 'personal' })
    await call('POST', '/apps/stubborn/ip_assignments', { type: 'shared_v4' })
    const stubborn = {
      ...config,
      init: { exec: [process.execPath, '-e', `process.on('SIGTERM', () => {})\n${program}`] },
      stop_config: { signal: 'SIGTERM', timeout: '2s' },
    }
    const { id: one } = await call('POST', '/apps/stubborn/machines', { config: stubborn })
    await call('GET', `/apps/stubborn/machines/${one}/wait?state=started`)
    const env = { ...config.env, GREETING: 'new' }
    const update = call('POST', `/apps/stubborn/machines/${one}`, { config: { ...stubborn, env } })
    await call('GET', `/apps/stubborn/machines/${one}/wait?state=replacing`)
    await hangar.kill()
    await update.catch(() => {})
    await restarted()
    const answer = JSON.parse((await ask('/', { host: 'stubborn.localhost' })).body)
    expect(answer.greeting).toBe('new')
    const running = (await processesOf(hangar.hangarHome)).filter(pid =>
      readFileSync(`/proc/${pid}/environ`, 'utf8').includes('FLY_APP_NAME=stubborn'),
    )
    expect(running).toEqual([answer.pid])
    await call('DELETE', '/apps/stubborn?force=true')
  })

  it('gets and sends hundreds of megabytes without the daemon growing', async () => {
    const bytes = 512 * 1024 * 1024
    await ask('/')
    const before = memoryOf(hangar.pid) ?? 0
    expect(JSON.parse((await ask('/', { method: 'PUT', bytes })).body).bytes).toBe(bytes)
    expect((await ask(`/download/${bytes}`)).bytes).toBe(bytes)
    expect((memoryOf(hangar.pid) ?? 0) - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('is started again when it is killed', async () => {
    const { pid } = JSON.parse((await ask('/')).body)
    process.kill(pid, 'SIGKILL')
    await expect.poll(async () => (await ask('/')).status, { timeout: 10_000 }).toBe(200)
    expect(JSON.parse((await ask('/')).body).pid).not.toBe(pid)
  })

  it('that does not start says why, to whoever asks', async () => {
    await call('POST', '/apps', { name: 'broken', org_slug: 'personal' })
    await call('POST', '/apps/broken/ip_assignments', { type: 'shared_v4' })
    const broken = {
      ...config,
      env: {},
      init: { exec: [process.execPath, '-e', 'console.error("no database url"); process.exit(3)'] },
      restart: { policy: 'no' },
    }
    await call('POST', '/apps/broken/machines', { config: broken })
    const answer = await ask('/', { host: 'broken.localhost' })
    expect(answer.status).toBe(503)
    expect((await hangar.run('logs', 'broken')).stdout).toContain('no database url')
  })

  it('of an image that is not known here is refused, with those that are', async () => {
    await expect(call('POST', '/apps/hello/machines', { config: { image: 'nginx:1' } })).rejects.toThrow(
      /nginx:1 is not in the catalogue/,
    )
  })
})
