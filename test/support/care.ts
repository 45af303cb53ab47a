import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect } from 'vitest'
import { type Client, createClient } from '#client'
import type { Progress, SiloConnection } from '#contract'
import { controlSocketOf, processesOf, startHangar, type TestHangar } from './hangar.ts'

/** The silo that the suites about care of silos work on; table `notes` has 30 rows. */
export const silo_id = 'care-one'

/** What stands for Netlify: what it was told, and whether it answers. */
export interface FakeNetlify {
  readonly url: string
  /** The variables at each build. */
  readonly built: Record<string, string>[]
  fails: boolean
  close(): void
}

export interface CareWorld {
  readonly hangar: TestHangar
  readonly netlify: FakeNetlify
  desk(): Client
  connection(): Promise<SiloConnection>
  /** A connection that is closed at the end. */
  database(connectionString: string): Promise<pg.Client>
  /** One query as the owner. */
  sql(text: string, of?: string): Promise<Record<string, unknown>[]>
  /** Does it, and kills the daemon as soon as `when` says so. Resolves when the daemon is gone. */
  killDuring(
    operation: (onProgress: (progress: Progress) => void) => Promise<unknown>,
    when: (progress: Progress) => boolean,
  ): Promise<void>
}

/** A running Hangar with that silo, for one test file: started before its tests, and gone without a trace after them. */
export function careWorld(): CareWorld {
  let hangar: TestHangar
  let netlify: FakeNetlify
  const open: pg.Client[] = []
  const desk = () => createClient(controlSocketOf(hangar.hangarHome))
  const connection = () => desk().call('siloConnection', { silo_id })
  const database = async (connectionString: string) => {
    const client = new pg.Client({ connectionString })
    client.on('error', () => {})
    await client.connect()
    open.push(client)
    return client
  }

  beforeAll(async () => {
    netlify = await startNetlify()
    hangar = await startHangar({
      env: { NETLIFY_AUTH_TOKEN: 'netlify-token', NETLIFY_API_URL: netlify.url },
    })
    await desk().call('siloCreate', { client: 'care', app: 'one', region: 'iad' })
    const owner = await database((await connection()).db_connection_string)
    await owner.query(`
      create table notes (id bigint generated always as identity primary key, text text);
      insert into notes (text) select 'note ' || n from generate_series(1, 30) n;
      create function wipe() returns void language sql security definer as 'delete from public.notes'`)
  })
  afterAll(async () => {
    for (const client of open.splice(0)) await client.end().catch(() => {})
    const { home } = hangar
    await hangar.stop()
    netlify.close()
    expect(await processesOf(home)).toEqual([])
  })

  return {
    get hangar() {
      return hangar
    },
    get netlify() {
      return netlify
    },
    desk,
    connection,
    database,
    async sql(text, of = silo_id) {
      const { db_connection_string } = await desk().call('siloConnection', { silo_id: of })
      const client = new pg.Client({ connectionString: db_connection_string })
      await client.connect()
      return (await client.query(text).finally(() => client.end())).rows
    },
    async killDuring(operation, when) {
      let killed: Promise<void> | undefined
      await operation(progress => {
        if (when(progress)) killed ??= hangar.kill()
      }).catch(() => {})
      await (killed ?? hangar.kill())
    },
  }
}

async function startNetlify(): Promise<FakeNetlify> {
  const variables: Record<string, string> = {}
  const built: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url = '' } = request
    const answer = (status: number, value: unknown) => response.writeHead(status).end(JSON.stringify(value))
    if (netlify.fails) return answer(503, {})
    if (url === '/sites/site-1') return answer(200, { account_id: 'acc' })
    if (url.endsWith('/builds')) {
      built.push({ ...variables })
      return answer(200, {})
    }
    if (method === 'GET')
      return answer(
        200,
        Object.keys(variables).map(key => ({ key })),
      )
    for (const { key, values } of [JSON.parse(body)].flat()) variables[key] = values[0].value
    answer(200, {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const netlify: FakeNetlify = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    built,
    fails: false,
    close: () => void server.close(),
  }
  return netlify
}
