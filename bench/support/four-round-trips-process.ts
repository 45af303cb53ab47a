// What a service without pipelining does: begin, role and claims, query and commit, each a round trip by pg's pool, over HTTP. Argument: address
// of the database. Prints its port; answers `cpu` on stdin with the CPU seconds used.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 })
const claims = JSON.stringify({ role: 'anon' })

async function row(id: string): Promise<string> {
  const client = await pool.connect()
  try {
    await client.query('begin read only')
    await client.query({
      name: 'scope',
      text: `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`,
      values: ['anon', claims],
    })
    const { rows } = await client.query({
      name: 'row',
      text: 'select json_agg(c)::text as body from (select * from bench.clients where id = $1) c',
      values: [id],
    })
    await client.query('commit')
    return rows[0].body
  } finally {
    client.release()
  }
}

const server = createServer({ noDelay: true }, async (request, response) => {
  const body = await row(/eq\.(\d+)/.exec(request.url ?? '')?.[1] ?? '1')
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage()
  console.log((user + system) / 1e6)
})
