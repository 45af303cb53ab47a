// biome-ignore-all lint/suspicious/noExplicitAny: answers are looked at field by field
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client, PrivateKeyJwtProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processesOf, startHangar, type TestHangar } from '../support/hangar.ts'
import { supabaseClient } from '../support/supabase.ts'
import { createTranscript } from '../support/transcript.ts'

// An agent at work, as its program does it: the built `hangar`, the official MCP client, supabase-js. The run writes docs/guides/an-agent-at-work.md
// when HANGAR_WRITE_DOCS is set.

const page = new URL('../../docs/guides/an-agent-at-work.md', import.meta.url)
const bin = fileURLToPath(new URL('../../bin/hangar.js', import.meta.url))

let hangar: TestHangar
let agent: { client_id: string; issuer: string; mcp: string; private_key: any }
let keyFile: string
let client: Client
let leased: string
const secrets: string[] = []

const transcript = createTranscript(
  'An agent at work',
  'This page is what one run of `test/acceptance/agent.test.ts` did and saw: the built program, the official MCP client and supabase-js, nothing in between. Ids, ports, times and keys differ from run to run and are shown as `…`. `HANGAR_WRITE_DOCS=1 npx vitest run test/acceptance/agent.test.ts` writes it again.',
  text =>
    text
      .replaceAll(hangar.home, '~')
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJ…')
      .replace(/(agt|lease)_[a-z2-7]{16}/g, '$1_…')
      .replace(/(127\.0\.0\.1|localhost):\d+/g, '$1:…')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')
      .replace(/"(cpu_percent|memory_mb|uptime_seconds|inactivity_seconds)": [\d.]+/g, '"$1": …'),
)

beforeAll(async () => {
  hangar = await startHangar()
  await hangar.json('silo', 'create', 'acme', 'erp')
  await hangar.json('silo', 'create', 'zeta', 'crm')
  const connection = await hangar.json('silo', 'connect', 'acme-erp', '--reveal')
  secrets.push(connection.supabase_service_role_key, connection.db_password, connection.jwt_secret)
  const other = await hangar.json('silo', 'connect', 'zeta-crm', '--reveal')
  secrets.push(other.supabase_anon_key, other.supabase_service_role_key, other.db_password)
  const database = new pg.Client({ connectionString: connection.db_connection_string })
  await database.connect()
  await database.query(`
    create table public.notes (id bigint generated always as identity primary key, owner uuid not null default auth.uid(), body text not null);
    alter table public.notes enable row level security;
    create policy "own notes" on public.notes for all to authenticated using (auth.uid() = owner) with check (auth.uid() = owner);`)
  await database.end()
  await hangar.json('silo', 'stop', 'acme-erp')
})
afterAll(async () => {
  await client?.close()
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

function transport() {
  const authProvider = new PrivateKeyJwtProvider({
    clientId: agent.client_id,
    privateKey: agent.private_key,
    algorithm: 'EdDSA',
    expectedIssuer: agent.issuer,
  })
  return new StreamableHTTPClientTransport(new URL(agent.mcp), { authProvider })
}

const answerOf = async (call: Promise<any>) => call.catch(error => ({ error: error.message }))

describe('an agent', () => {
  it('is registered: its key pair is made, and the private half stays in its file', async () => {
    const line = ['agent', 'register', 'ada', '--role', 'dev-worker', '--silo', 'acme-erp']
    const result = await hangar.run(...line)
    expect(result.code).toBe(0)
    transcript.section(
      'It is registered',
      'The operator registers it once, with a role and the silos that it holds. The private key is made here, stays in that file (mode 0600), and is never sent anywhere.',
    )
    transcript.command(`hangar ${line.join(' ')}`, result.stdout)
    keyFile = `${hangar.hangarHome}/agents/ada.json`
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
    agent = JSON.parse(await readFile(keyFile, 'utf8'))
    secrets.push(agent.private_key.d)
    const again = await hangar.run(...line)
    expect([again.code !== 0, again.stderr]).toEqual([true, expect.stringMatching(/never written over/)])
  })

  it('connects with the official client, which gets tokens by itself', async () => {
    client = new Client({ name: 'ada', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(transport())
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    const { tools } = await client.listTools()
    transcript.section(
      'It connects',
      'The official MCP client is given the address, the client id and the key. It is refused (401), reads where tokens come from, signs an assertion, and comes back with an access token of ten minutes. It sees the tools of its role.',
    )
    transcript.call('connect', {
      protocol: client.getNegotiatedProtocolVersion(),
      instructions: client.getInstructions(),
    })
    transcript.call(
      'tools/list',
      Object.fromEntries(tools.map(({ name, description }) => [name, description])),
    )
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['start_silo', 'get_app_context']))
    expect(tools.map(({ name }) => name)).not.toContain('stop_silo')
  })

  it('starts its silo, hearing of progress', async () => {
    const heard: string[] = []
    const started: any = await client.callTool(
      { name: 'start_silo', arguments: { silo_id: 'acme-erp' } },
      { onprogress: ({ message }) => heard.push(message ?? '') },
    )
    expect(heard).toEqual(['start_silo began'])
    expect(started.structuredContent.phase).toBe('running')
    transcript.section('It starts its silo', 'The silo was asleep. The call answers when it runs.')
    transcript.call('start_silo {"silo_id": "acme-erp"}', started.structuredContent)
  })

  it('gets its context and works with supabase-js, under row-level security', async () => {
    const context: any = await client.callTool({
      name: 'get_app_context',
      arguments: { silo_id: 'acme-erp' },
    })
    expect(Object.keys(context.structuredContent).sort()).toEqual([
      'silo_preview_url',
      'supabase_anon_key',
      'supabase_url',
    ])
    transcript.section(
      'It gets its context and works',
      'Three fields, as the role dev-worker has them: no service role key, no password, no connection string.',
    )
    transcript.call('get_app_context {"silo_id": "acme-erp"}', context.structuredContent)
    const supabase = supabaseClient(
      context.structuredContent.supabase_url,
      context.structuredContent.supabase_anon_key,
    )
    const signedUp = await supabase.auth.signUp({
      email: 'ada@example.com',
      password: 'correct horse battery',
    })
    expect(signedUp.error).toBeNull()
    const written = await supabase.from('notes').insert({ body: 'from an agent' }).select('body')
    expect(written.data).toEqual([{ body: 'from an agent' }])
    const stranger = supabaseClient(
      context.structuredContent.supabase_url,
      context.structuredContent.supabase_anon_key,
    )
    expect((await stranger.from('notes').select()).data).toEqual([])
    transcript.call("supabase.from('notes').insert({ body: 'from an agent' }).select('body')", written.data)
    transcript.call("supabase.from('notes').select()  // not signed in", [])
  })

  it('leases a login of its own where it needs SQL, read-only', async () => {
    const answer: any = await client.callTool({
      name: 'lease_database',
      arguments: { silo_id: 'acme-erp', minutes: 10, purpose: 'count notes' },
    })
    const lease = answer.structuredContent
    secrets.push(lease.db_password, lease.access_token)
    leased = lease.db_connection_string
    const database = new pg.Client({ connectionString: leased })
    await database.connect()
    expect((await database.query('select count(*)::int as rows from public.notes')).rows).toHaveLength(1)
    await expect(database.query('delete from public.notes')).rejects.toThrow(/read-only|permission/)
    await database.end()
    const { db_password, db_connection_string, access_token, supabase_anon_key, ...told } = lease
    transcript.section(
      'It leases a login',
      'Where it needs SQL it gets a database role of its own, for one silo, read-only, for ten minutes; with a connection string, a password and a token that are not shown here.',
    )
    transcript.call('lease_database {"silo_id": "acme-erp", "minutes": 10, "purpose": "count notes"}', told)
  })

  it('is refused everything else', async () => {
    transcript.section(
      'It is refused everything else',
      'A tool of another role is not there for it. A silo of others is not there either, in the same words as one that does not exist.',
    )
    const tries: [string, object][] = [
      ['stop_silo', { silo_id: 'acme-erp' }],
      ['destroy_silo', { silo_id: 'acme-erp' }],
      ['create_silo', { client: 'ada', app: 'own' }],
      ['get_app_context', { silo_id: 'zeta-crm' }],
      ['get_app_context', { silo_id: 'nobodys-silo' }],
      ['start_silo', { silo_id: 'acme-erp', as: 'devops' }],
    ]
    for (const [name, input] of tries) {
      const answer = await answerOf(client.callTool({ name, arguments: input as any }))
      expect([name, Boolean(answer.error ?? answer.isError)]).toEqual([name, true])
      transcript.call(`${name} ${JSON.stringify(input)}`, answer.error ? answer : answer.content[0].text)
      for (const secret of secrets) expect(JSON.stringify(answer)).not.toContain(secret)
    }
    const { stdout: token } = await hangar.run('agent', 'token', 'ada')
    const rest = await fetch(`${agent.issuer}/v1/silos/acme-erp/stop`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.trim()}` },
    })
    expect(rest.status).toBe(403)
    transcript.call('POST /v1/silos/acme-erp/stop with its token', await rest.json())
    const browser = await fetch(agent.mcp, { method: 'POST', headers: { origin: 'https://evil.example' } })
    expect(browser.status).toBe(403)
    secrets.push(token.trim())
  })

  it('speaks over stdio just as well, in both revisions', async () => {
    for (const mode of ['auto', 'legacy'] as const) {
      const stdio = new Client({ name: 'ada', version: '1' }, { versionNegotiation: { mode } })
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [bin, 'mcp', 'ada'],
        env: { HANGAR_HOME: hangar.hangarHome, PATH: process.env['PATH'] ?? '' },
      })
      await stdio.connect(transport)
      expect(stdio.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25')
      // What comes over the wire: the client itself forgets whom to tell of progress as soon as it has read the answer behind it.
      const came: string[] = []
      const deliver = transport.onmessage
      transport.onmessage = (message: any) => {
        came.push(message.method ?? 'result')
        deliver?.(message)
      }
      try {
        const started: any = await stdio.callTool(
          { name: 'start_silo', arguments: { silo_id: 'acme-erp' } },
          { onprogress: () => {} },
        )
        expect(started.structuredContent.phase).toBe('running')
        expect(came).toEqual(['notifications/progress', 'result'])
      } finally {
        await stdio.close()
      }
    }
    transcript.section(
      'It speaks over stdio',
      'Programs that start their MCP servers themselves are given a command instead of an address. It signs with the same key.',
    )
    transcript.command(
      'cat mcp.json',
      '{ "mcpServers": { "hangar": { "command": "hangar", "args": ["mcp", "ada"] } } }',
    )
  })

  it('ends with its registration, at once', async () => {
    const result = await hangar.run('agent', 'revoke', 'ada')
    const answer = await answerOf(client.callTool({ name: 'list_silos', arguments: {} }))
    expect(answer.error).toBeTruthy()
    await expect(new pg.Client({ connectionString: leased }).connect()).rejects.toThrow()
    expect((await hangar.run('agent', 'token', 'ada')).stderr).toMatch(/gave ada no token/)
    const audit = await hangar.json('audit', 'list', '--limit', '200')
    expect(JSON.stringify(audit)).toContain(agent.client_id)
    for (const secret of secrets) expect(JSON.stringify(audit)).not.toContain(secret)
    transcript.section(
      'It is revoked',
      'Every token and key of it is refused from now on, also the token that its client still has; its leases end.',
    )
    transcript.command('hangar agent revoke ada', result.stdout)
    transcript.call('list_silos {}', answer)
  })

  it('leaves no secret in a log, and a page of what it did', async () => {
    const log = await readFile(`${hangar.hangarHome}/daemon.log`, 'utf8')
    for (const secret of secrets) {
      expect(log.includes(secret)).toBe(false)
      expect(hangar.output().includes(secret)).toBe(false)
      expect(transcript.text().includes(secret)).toBe(false)
    }
    expect(await transcript.keep(page)).toEqual([])
  })
})
