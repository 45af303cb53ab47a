// The storage service beside nginx, receiving and serving the same files; small objects beside their floor (one insert and one file
// that is fsynced); and the memory that large files take. Needs nginx (with DAV), curl and wrk.
// `node scripts/bench.mjs storage`; ROUNDS, SECONDS and LARGE_MIB make it shorter or longer (LARGE_MIB=5120 is the 5 GiB of the target).
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { barePostgres } from './support/bare-postgres.ts'
import { printTable, type Row, repeat, type Samples, summarise } from './support/measure.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)
const seconds = Number(process.env['SECONDS'] ?? 5)
const largeMib = Number(process.env['LARGE_MIB'] ?? 1024)
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-storage-'))
const children: ChildProcess[] = []
const secret = 'bench-secret-that-is-long-enough-for-hs256'

function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role: 'service_role', exp: Math.floor(Date.now() / 1000) + 86_400 })}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function nginx(): Promise<string> {
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
  children.push(
    spawn('nginx', ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' }),
  )
  return `http://127.0.0.1:${port}`
}

async function storage(databaseUrl: string): Promise<{ url: string; pid: number }> {
  const port = await freePort()
  const hangar = fileURLToPath(new URL('../bin/hangar.js', import.meta.url))
  const child = spawn(process.execPath, [hangar, 'service', 'storage', '--port', String(port)], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      HANGAR_HOME: join(folder, 'hangar'),
      DATABASE_URL: databaseUrl,
      AUTH_JWT_SECRET: secret,
      SERVICE_KEY: token(),
      ANON_KEY: token(),
      FILE_STORAGE_BACKEND_PATH: join(folder, 'objects'),
      FILE_SIZE_LIMIT: String(6 * 1024 ** 3),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(createInterface(child.stdout as NodeJS.ReadableStream as never), 'line')
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

/** Most memory that the process ever had, in MB. */
function peakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

const several = (values: number[]): Samples => summarise(values)

try {
  const postgres = await barePostgres()
  await postgres.clone('bench')
  const running = await postgres.start('bench')
  const databaseUrl = `postgres://supabase_admin@${encodeURIComponent(join(postgres.folder, 'bench.s'))}:5432/postgres`
  const service = await storage(databaseUrl)
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

  const rates = async (work: () => number) => {
    const values: number[] = []
    await repeat(rounds, async () => void values.push(work()))
    return several(values)
  }
  const put = ['-H', 'x-upsert: true', '-H', 'Content-Type: application/octet-stream', ...bearer]
  const rows: Row[] = []
  const idleMb = peakMb(service.pid)
  rows.push({
    figure: `upload of ${largeMib} MiB`,
    samples: await rates(() => curl([...put, '-T', large, `${service.url}/object/bench/large`])),
    floor: await rates(() => curl(['-T', large, `${peer}/large`])),
    unit: 'MiB/s',
    target: '>= 0.7',
  })
  rows.push({
    figure: `download of ${largeMib} MiB`,
    samples: await rates(() => curl([`${service.url}/object/public/bench/large`])),
    floor: await rates(() => curl([`${peer}/large`])),
    unit: 'MiB/s',
    target: '>= 0.7',
  })
  rows.push({
    figure: 'uploads of 1 MiB',
    samples: await rates(() => wrk(service.url, uploads('POST', '/object/bench/m', medium))),
    floor: await rates(() => wrk(peer, uploads('PUT', '/m', medium))),
    unit: '1/s',
  })
  curl([...put, '-T', medium, `${service.url}/object/bench/medium`])
  curl(['-T', medium, `${peer}/medium`])
  rows.push({
    figure: 'downloads of 1 MiB',
    samples: await rates(() => wrk(`${service.url}/object/public/bench/medium`, '')),
    floor: await rates(() => wrk(`${peer}/medium`, '')),
    unit: '1/s',
  })
  const values: number[] = []
  for (let round = 0; round < rounds; round++)
    values.push(await floorOfSmallObjects(databaseUrl, readFileSync(small)))
  rows.push({
    figure: 'small objects (4 KiB) stored',
    samples: await rates(() => wrk(service.url, uploads('POST', '/object/bench/s', small))),
    floor: several(values),
    unit: '1/s',
  })
  rows.push({
    figure: 'memory at its peak, all of the above',
    samples: several([peakMb(service.pid)]),
    floor: several([idleMb]),
    unit: 'MB',
    target: '<= 150',
  })
  printTable('storage', rows)
  process.kill(service.pid, 'SIGTERM')
  await running.stop()
  await postgres.remove()
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
