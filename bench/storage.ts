// The storage service beside nginx, receiving and serving the same files; small objects beside their floor (one insert and one file
// that is fsynced); and the memory that large files take. Needs nginx (with DAV), curl and wrk.
// `node scripts/bench.mjs storage`; ROUNDS, SECONDS and LARGE_MIB make it shorter or longer; `storage-memory` has the memory of every way
// in and out.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { barePostgres } from './support/bare-postgres.ts'
import { printTable, type Row, repeat, type Samples, summarise } from './support/measure.ts'
import { freePort } from './support/ports.ts'
import { forgetPeak, peakMb, startStorage, token } from './support/storage-process.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const seconds = Number(process.env['SECONDS'] ?? 5)
const largeMib = Number(process.env['LARGE_MIB'] ?? 1024)
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-storage-'))
const children: ChildProcess[] = []

async function nginx(): Promise<{ url: string; pid: number }> {
  const port = await freePort()
  mkdirSync(join(folder, 'www'))
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
     events { worker_connections 1024; }
     http { access_log off; client_max_body_size 0; client_body_temp_path ${folder}/www/t; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       sendfile on; keepalive_requests 1000000;
       server { listen 127.0.0.1:${port}; root ${folder}/www; location / { dav_methods PUT DELETE; create_full_put_path on; } } }`,
  )
  const child = spawn('nginx', ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], {
    stdio: 'ignore',
  })
  children.push(child)
  return { url: `http://127.0.0.1:${port}`, pid: child.pid as number }
}

/** Bytes per second that curl says. */
function curl(args: string[]): number {
  const text = execFileSync('curl', [
    '-sS',
    '--fail',
    '-o',
    '/dev/null',
    '-w',
    '%{speed_upload} %{speed_download}',
    ...args,
  ])
  const [up = 0, down = 0] = text.toString().split(' ').map(Number)
  return Math.max(up, down) / 1024 ** 2
}

/** Requests per second; each has a name of its own when the script says so. */
function wrk(url: string, script: string): number {
  const path = join(folder, `${randomUUID()}.lua`)
  writeFileSync(path, script)
  const text = execFileSync('wrk', ['-t1', '-c4', `-d${seconds}s`, '-s', path, url], { encoding: 'utf8' })
  if (/Non-2xx/.test(text)) throw new Error(text)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1])
}

const uploads = (method: string, prefix: string, file: string) => `
  local body = io.open("${file}", "rb"):read("*a")
  local count = 0
  request = function()
    count = count + 1
    return wrk.format("${method}", "${prefix}" .. count .. "-${randomUUID()}", { ["Authorization"] = "Bearer ${token()}", ["Content-Type"] = "application/octet-stream" }, body)
  end`

/** The least that a durable small object costs: a file with fsync, and a row. */
async function floorOfSmallObjects(databaseUrl: string, body: Buffer): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  await pool.query('create table if not exists bench_floor (name text primary key, size int)')
  const end = performance.now() + seconds * 1000
  let count = 0
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (performance.now() < end) {
        const name = randomUUID()
        const handle = await open(join(folder, name), 'wx')
        await handle.write(body)
        await handle.sync()
        await handle.close()
        await pool.query('insert into bench_floor values ($1, $2)', [name, body.length])
        count++
      }
    }),
  )
  await pool.end()
  return count / seconds
}

/** Seconds of processor that all threads of the process have used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const several = (values: number[]): Samples => summarise(values)

try {
  const postgres = await barePostgres()
  await postgres.clone('bench')
  const running = await postgres.start('bench')
  const databaseUrl = `postgres://supabase_admin@${encodeURIComponent(join(postgres.folder, 'bench.s'))}:5432/postgres`
  const service = await startStorage(databaseUrl, folder)
  children.push(service.child)
  const peer = await nginx()
  const bearer = ['-H', `Authorization: Bearer ${token()}`]
  const json = [...bearer, '-H', 'Content-Type: application/json']
  curl([...json, '-d', '{"name":"bench","public":true}', `${service.url}/bucket`])

  const [large, medium, small] = ['large', 'medium', 'small'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(large, '')
  truncateSync(large, largeMib * 1024 ** 2)
  writeFileSync(medium, Buffer.alloc(1024 ** 2, 'm'))
  writeFileSync(small, Buffer.alloc(4096, 's'))

  // In turns, so that what else the machine does is the same for both.
  const sideBySide = async (own: () => number | Promise<number>, floor: () => number | Promise<number>) => {
    const samples: number[] = []
    const floors: number[] = []
    await repeat(rounds, async () => {
      samples.push(await own())
      floors.push(await floor())
    })
    return { samples: several(samples), floor: several(floors) }
  }
  /** What `work` costs the service (or nginx) and how much memory it takes: work and its two figures. */
  const costs = (pid: number) => {
    const cpu: number[] = []
    const memory: number[] = []
    return {
      cpu,
      memory,
      of(work: () => number): number {
        forgetPeak(pid)
        const before = cpuSeconds(pid)
        const rate = work()
        cpu.push(((cpuSeconds(pid) - before) * 1024) / largeMib)
        memory.push(peakMb(pid))
        return rate
      },
    }
  }
  const put = ['-H', 'x-upsert: true', '-H', 'Content-Type: application/octet-stream', ...bearer]
  const rows: Row[] = []
  const idleMb = peakMb(service.pid)
  const ofLarge = async (figure: string, own: () => number, other: () => number) => {
    const mine = costs(service.pid)
    const theirs = costs(peer.pid)
    const rates = await sideBySide(
      () => mine.of(own),
      () => theirs.of(other),
    )
    rows.push({ figure: `${figure} of ${largeMib} MiB`, ...rates, unit: 'MiB/s', target: '>= 0.7' })
    rows.push({
      figure: '  processor',
      samples: several(mine.cpu),
      floor: several(theirs.cpu),
      unit: 's/GiB',
    })
    rows.push({
      figure: '  memory',
      samples: several(mine.memory),
      floor: several([idleMb]),
      unit: 'MB',
      target: '<= 150',
    })
  }
  await ofLarge(
    'upload',
    () => curl([...put, '-T', large, `${service.url}/object/bench/large`]),
    () => curl(['-T', large, `${peer.url}/large`]),
  )
  await ofLarge(
    'download',
    () => curl([`${service.url}/object/public/bench/large`]),
    () => curl([`${peer.url}/large`]),
  )
  rows.push({
    figure: 'uploads of 1 MiB',
    ...(await sideBySide(
      () => wrk(service.url, uploads('POST', '/object/bench/m', medium)),
      () => wrk(peer.url, uploads('PUT', '/m', medium)),
    )),
    unit: '1/s',
  })
  curl([...put, '-T', medium, `${service.url}/object/bench/medium`])
  curl(['-T', medium, `${peer.url}/medium`])
  rows.push({
    figure: 'downloads of 1 MiB',
    ...(await sideBySide(
      () => wrk(`${service.url}/object/public/bench/medium`, ''),
      () => wrk(`${peer.url}/medium`, ''),
    )),
    unit: '1/s',
  })
  rows.push({
    figure: 'small objects (4 KiB) stored',
    ...(await sideBySide(
      () => wrk(service.url, uploads('POST', '/object/bench/s', small)),
      () => floorOfSmallObjects(databaseUrl, readFileSync(small)),
    )),
    unit: '1/s',
  })
  printTable('storage', rows)
  process.kill(service.pid, 'SIGTERM')
  await running.stop()
  await postgres.remove()
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
