// Big bodies through the edge: 2 GiB up and 2 GiB down to a machine and back, beside the same straight to the machine's own port, and how much
// the daemon's memory grew meanwhile at its peak. `node scripts/bench.mjs stream`; GIB=0.25 ROUNDS=1 for a short look.
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { memoryOf } from '#runtime'
import { benchHangar } from './support/hangar.ts'
import { printTable, summarise, timed } from './support/measure.ts'

const gib = Number(process.env['GIB'] ?? 2)
const rounds = Number(process.env['ROUNDS'] ?? 3)
const chunk = Buffer.alloc(256 * 1024, 'x')
const bytes = Math.round((gib * 1024 ** 3) / chunk.length) * chunk.length
const mebibyte = 1024 ** 2

/** Counts what comes; sends what the path asks for. */
const program = `
const chunk = Buffer.alloc(256 * 1024, 'x')
require('node:http').createServer((request, response) => {
  if (request.method === 'GET') {
    let left = Number(request.url.slice(1))
    const send = () => {
      while (left > 0) { left -= chunk.length; if (!response.write(chunk)) return response.once('drain', send) }
      response.end()
    }
    return send()
  }
  let seen = 0
  request.on('data', part => { seen += part.length })
  request.on('end', () => response.end(String(seen)))
}).listen(process.env.PORT, '127.0.0.1')`

interface Place {
  readonly port: number
  readonly host: string
}

/** One transfer; throws unless every byte arrived. */
function transfer(place: Place, method: 'PUT' | 'GET'): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { host: place.host, ...(method === 'PUT' ? { 'content-length': bytes } : {}) }
    const path = method === 'GET' ? `/${bytes}` : '/'
    const outgoing = request(
      { host: '127.0.0.1', port: place.port, method, path, headers, agent: false },
      response => {
        let seen = 0
        let text = ''
        response.on('data', part => {
          seen += part.length
          if (method === 'PUT') text += part
        })
        response.on('error', reject)
        response.on('end', () => {
          const arrived = method === 'PUT' ? Number(text) : seen
          if (response.statusCode === 200 && arrived === bytes) resolve()
          else
            reject(
              new Error(`${method} answered ${response.statusCode}; ${arrived} of ${bytes} bytes arrived`),
            )
        })
      },
    )
    outgoing.on('error', reject)
    let left = method === 'PUT' ? bytes : 0
    const send = () => {
      while (left > 0) {
        left -= chunk.length
        if (!outgoing.write(chunk)) return void outgoing.once('drain', send)
      }
      outgoing.end()
    }
    send()
  })
}

/** By how many bytes the process's memory grew at its peak while `work` ran. */
async function peakGrowth(pid: number, work: () => Promise<void>): Promise<number> {
  const before = memoryOf(pid) ?? 0
  let peak = before
  const look = () => {
    peak = Math.max(peak, memoryOf(pid) ?? 0)
  }
  // The system itself remembers the highest resident size; where it can be reset, no peak between two looks is missed.
  const marked = resetPeak(pid)
  const residentBefore = marked ? residentPeak(pid) : 0
  const timer = setInterval(look, 20)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  look()
  return Math.max(peak - before, marked ? residentPeak(pid) - residentBefore : 0)
}

function resetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
    return true
  } catch {
    return false
  }
}

function residentPeak(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

const { hangar, client, stop } = await benchHangar()
try {
  const status = await client.call('status', {})
  const token = readFileSync(`${hangar.hangarHome}/machines-api.token`, 'utf8').trim()
  const call = async (path: string, body?: object): Promise<string> => {
    const response = await fetch(`${status.machines_api}/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status} ${text}`)
    return text
  }
  await call('/apps', { name: 'stream', org_slug: 'personal' })
  await call('/apps/stream/ip_assignments', { type: 'shared_v4' })
  const made = await call('/apps/stream/machines', {
    config: {
      image: 'hangar/process:1',
      init: { exec: [process.execPath, '-e', program] },
      services: [{ internal_port: 8080, protocol: 'tcp', ports: [{ port: 80, handlers: ['http'] }] }],
    },
  })
  const edge = { port: Number(new URL(status.edge.http).port), host: 'stream.localhost' }
  await call(`/apps/stream/machines/${JSON.parse(made).id}/wait?state=started`)
  const { ports } = await client.call('machineStatus', { machine: 'stream' })
  const direct = { port: Number(ports[0]?.here.split(':')[1]), host: 'stream.localhost' }

  const rows = []
  for (const [name, method] of [
    ['up', 'PUT'],
    ['down', 'GET'],
  ] as const) {
    const speed = { edge: [] as number[], direct: [] as number[] }
    const grown: number[] = []
    const mebibytesPerSecond = async (work: () => Promise<void>) =>
      bytes / mebibyte / ((await timed(work)) / 1000)
    for (let round = 0; round < rounds; round++) {
      speed.direct.push(await mebibytesPerSecond(() => transfer(direct, method)))
      speed.edge.push(
        await mebibytesPerSecond(async () => {
          grown.push((await peakGrowth(hangar.pid, () => transfer(edge, method))) / mebibyte)
        }),
      )
    }
    rows.push(
      {
        figure: `${gib} GiB ${name} through the edge, beside the machine's own port`,
        samples: summarise(speed.edge),
        floor: summarise(speed.direct),
        unit: 'MiB/s',
      },
      {
        figure: `${gib} GiB ${name}: peak growth of the daemon's memory`,
        samples: summarise(grown),
        unit: 'MiB',
        target: '<= 64',
      },
    )
  }
  printTable('stream', rows)
} finally {
  await stop()
}
