// Supabase's own files, in their forms: that of the compose project with its variables and functions, and what the CLI makes.
import { describe, expect, it } from 'vitest'
import { echo, useGateways } from './testing/gateways.ts'

const { start, upstream, get } = useGateways()

const keys = {
  SUPABASE_ANON_KEY: 'anon-token',
  SUPABASE_SERVICE_KEY: 'service-token',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_abc',
  SUPABASE_SECRET_KEY: 'sb_secret_def',
  ANON_KEY_ASYMMETRIC: 'anon.asymmetric',
  SERVICE_ROLE_KEY_ASYMMETRIC: 'service.asymmetric',
  DASHBOARD_USERNAME: 'supabase',
  DASHBOARD_PASSWORD: 'let-me: in',
}

/** Each kind of route that the compose project's file has. */
const composed = (port: number) => `_format_version: '2.1'
_transform: true
consumers:
  - username: DASHBOARD
  - username: anon
    keyauth_credentials:
      - key: $SUPABASE_ANON_KEY
      - key: $SUPABASE_PUBLISHABLE_KEY
  - username: service_role
    keyauth_credentials:
      - key: $SUPABASE_SERVICE_KEY
      - key: $SUPABASE_SECRET_KEY
acls:
  - consumer: anon
    group: anon
  - consumer: service_role
    group: admin
basicauth_credentials:
  - consumer: DASHBOARD
    username: '$DASHBOARD_USERNAME'
    password: '$DASHBOARD_PASSWORD'
services:
  - name: rest-v1
    _comment: 'PostgREST: /rest/v1/* -> http://rest:3000/*'
    url: http://127.0.0.1:${port}/
    routes:
      - name: rest-v1-all
        strip_path: true
        paths:
          - /rest/v1/
    plugins:
      - name: cors
      - name: key-auth
        config:
          hide_credentials: false
      - name: request-transformer
        config:
          add:
            headers:
              - "Authorization: $LUA_AUTH_EXPR"
          replace:
            headers:
              - "Authorization: $LUA_AUTH_EXPR"
      - name: acl
        config:
          hide_groups_header: true
          allow:
            - admin
            - anon
  - name: realtime-v1-ws
    url: http://127.0.0.1:${port}/socket
    protocol: ws
    routes:
      - name: realtime-v1-ws
        strip_path: true
        paths:
          - /realtime/v1/
    plugins:
      - name: cors
      - name: key-auth
        config:
          hide_credentials: false
      - name: request-transformer
        config:
          add:
            headers:
              - "x-api-key:$LUA_RT_WS_EXPR"
          replace:
            querystring:
              - "apikey:$LUA_RT_WS_EXPR"
  - name: storage-v1
    url: http://127.0.0.1:${port}/
    routes:
      - name: storage-v1-all
        strip_path: true
        paths:
          - /storage/v1/
    plugins:
      - name: cors
      - name: request-transformer
        config:
          add:
            headers:
              - "Authorization: $LUA_AUTH_EXPR"
          replace:
            headers:
              - "Authorization: $LUA_AUTH_EXPR"
      - name: post-function
        config:
          access:
            - |
              local auth = kong.request.get_header("authorization")
              if auth == nil or auth == "" or auth:find("^%s*$") then
                kong.service.request.clear_header("authorization")
              end
  - name: functions-v1
    url: http://127.0.0.1:${port}/
    read_timeout: 150000
    routes:
      - name: functions-v1-all
        strip_path: true
        paths:
          - /functions/v1/
    plugins:
      - name: cors
      - name: request-transformer
        config:
          remove:
            headers:
              - "sb-api-key"
          add:
            headers:
              - "sb-api-key:$LUA_FUNCTIONS_EXPR"
      - name: post-function
        config:
          access:
            - |
              local v = kong.request.get_header("sb-api-key")
              if v == nil or v == "" or v:find("^%s*$") then
                kong.service.request.clear_header("sb-api-key")
              end
  - name: well-known-oauth
    url: http://127.0.0.1:${port}/.well-known/oauth-authorization-server
    routes:
      - name: well-known-oauth
        strip_path: true
        paths:
          - $WELL_KNOWN_OAUTH_PATH
    plugins:
      - name: cors
  - name: meta
    url: http://127.0.0.1:${port}/
    routes:
      - name: meta-all
        strip_path: true
        paths:
          - /pg/
    plugins:
      - name: key-auth
        config:
          hide_credentials: false
      - name: acl
        config:
          hide_groups_header: true
          allow:
            - admin
  - name: mcp-blocker
    url: http://127.0.0.1:${port}/api/mcp
    routes:
      - name: mcp-blocker-route
        strip_path: true
        paths:
          - /api/mcp
    plugins:
      - name: request-termination
        config:
          status_code: 403
          message: "Access is forbidden."
  - name: dashboard
    url: http://127.0.0.1:${port}/
    routes:
      - name: dashboard-all
        strip_path: true
        paths:
          - /
    plugins:
      - name: cors
      - name: basic-auth
        config:
          hide_credentials: true
`

describe('the file of the compose project', () => {
  const opened = async (env: Record<string, string>) => {
    const { port } = await start(composed(await upstream(echo)), { env })
    return async (path: string, headers: Record<string, string> = {}) => {
      const answer = await get(port, path, headers)
      return { status: answer.status, ...answer.json() }
    }
  }

  it('is read as it is, its variables and expressions filled in, and every kind of route answers', async () => {
    const ask = await opened({ ...keys, JWT_ISSUER: 'https://example.com/auth/v1/' })
    const authorized = async (path: string, headers: Record<string, string>) =>
      (await ask(path, headers)).headers.authorization
    expect(await authorized('/rest/v1/t', { apikey: 'sb_publishable_abc' })).toBe('Bearer anon.asymmetric')
    expect(await authorized('/rest/v1/t', { apikey: 'sb_secret_def' })).toBe('Bearer service.asymmetric')
    const session = { apikey: 'sb_publishable_abc', authorization: 'Bearer a.session' }
    expect(await authorized('/rest/v1/t', session)).toBe('Bearer a.session')
    const both = { apikey: 'sb_publishable_abc', authorization: 'Bearer sb_publishable_abc' }
    expect(await authorized('/rest/v1/t', both)).toBe('Bearer anon.asymmetric')
    expect((await ask('/rest/v1/t', { apikey: 'another' })).status).toBe(401)

    expect(await ask('/realtime/v1/websocket?apikey=sb_publishable_abc&vsn=1.0.0')).toMatchObject({
      url: '/socket/websocket?apikey=anon.asymmetric&vsn=1.0.0',
      headers: { 'x-api-key': 'anon.asymmetric' },
    })

    const signed = await ask('/storage/v1/object/sign/a?token=t')
    expect([signed.url, 'authorization' in signed.headers]).toEqual(['/object/sign/a?token=t', false])
    expect(await authorized('/storage/v1/object/a', { apikey: 'sb_secret_def' })).toBe(
      'Bearer service.asymmetric',
    )
    expect(await authorized('/storage/v1/s3/a', { authorization: 'AWS4-HMAC-SHA256 x' })).toBe(
      'AWS4-HMAC-SHA256 x',
    )

    const spoofed = await ask('/functions/v1/hello', { 'sb-api-key': 'mine' })
    expect([spoofed.url, 'sb-api-key' in spoofed.headers]).toEqual(['/hello', false])
    expect((await ask('/functions/v1/hello', { apikey: 'sb_secret_def' })).headers['sb-api-key']).toBe(
      'service.asymmetric',
    )

    expect((await ask('/.well-known/oauth-authorization-server/auth/v1')).status).toBe(200)
    expect((await ask('/pg/tables', { apikey: 'sb_publishable_abc' })).status).toBe(403)
    expect((await ask('/pg/tables', { apikey: 'service-token' })).status).toBe(200)
    expect(await ask('/api/mcp')).toMatchObject({ status: 403, message: 'Access is forbidden.' })
    expect((await ask('/project/default')).status).toBe(401)
    const basic = `Basic ${Buffer.from('supabase:let-me: in').toString('base64')}`
    const dashboard = await ask('/project/default', { authorization: basic })
    expect([dashboard.status, dashboard.url, dashboard.headers.authorization]).toEqual([
      200,
      '/project/default',
      undefined,
    ])
  })

  it('without keys of the newer form takes the older ones, and an empty key is none', async () => {
    const { SUPABASE_PUBLISHABLE_KEY: _publishable, SUPABASE_SECRET_KEY: _secret, ...older } = keys
    const ask = await opened({ ...older, SUPABASE_PUBLISHABLE_KEY: '' })
    expect((await ask('/rest/v1/t', { apikey: 'anon-token' })).headers.authorization).toBe('anon-token')
    expect((await ask('/rest/v1/t', { apikey: '' })).status).toBe(401)
    expect('sb-api-key' in (await ask('/functions/v1/a', { apikey: 'anon-token' })).headers).toBe(false)
  })

  it('leaves what no variable of Supabase names as it stands', async () => {
    const text = `_format_version: "3.0"
services:
  - { name: s, url: "http://127.0.0.1:${await upstream(echo)}", routes: [{ paths: ["~/a$HOME|/b"] }] }`
    const { port } = await start(text, { env: { HOME: '/root' } })
    expect((await get(port, '/b')).status).toBe(200)
  })

  it('a function that does anything else is refused at the start, with its place', async () => {
    const text = `_format_version: "3.0"
services:
  - name: s
    url: http://127.0.0.1:1
    plugins:
      - name: post-function
        config:
          access:
            - kong.response.exit(418)`
    await expect(start(text)).rejects.toThrowError(/kong\.yml:9:\d+: .*Lua that is not available here/)
  })
})

it('what the CLI makes is read: format 1.1, no keys, the token from the key where no session is', async () => {
  const port = await upstream(echo)
  const token =
    "$((headers.authorization ~= nil and headers.authorization:sub(1, 10) ~= 'Bearer sb_' and headers.authorization) or (headers.apikey == 'sb_secret_x' and 'Bearer s.e.r') or headers.apikey)"
  const service = (name: string, path: string, to: string, more = '') => `  - name: ${name}
    _comment: "${name}: ${path}* -> ${to}*"
    url: http://127.0.0.1:${port}${to}
${more}    routes:
      - name: ${name}-all
        strip_path: true
        paths:
          - ${path}
    plugins:
      - name: cors
      - name: request-transformer
        config:
          add:
            headers:
              - "Authorization: ${token}"
`
  const { port: at } = await start(`_format_version: "1.1"
services:
${service('auth-v1-open', '/auth/v1/verify', '/verify')}${service('auth-v1', '/auth/v1/', '/')}${service('graphql-v1', '/graphql/v1', '/rpc/graphql')}${service('realtime-v1-ws', '/realtime/v1/', '/socket', '    protocol: ws\n')}${service('functions-v1', '/functions/v1/', '/', '    read_timeout: 150000\n')}`)
  const where = async (path: string, headers = {}) => (await get(at, path, headers)).json()
  expect(await where('/auth/v1/user', { apikey: 'sb_secret_x' })).toMatchObject({
    url: '/user',
    headers: { authorization: 'Bearer s.e.r' },
  })
  expect((await where('/auth/v1/verify?token=a')).url).toBe('/verify?token=a')
  expect((await where('/graphql/v1')).url).toBe('/rpc/graphql')
  expect((await where('/functions/v1/hello')).url).toBe('/hello')
  expect((await where('/realtime/v1/websocket?vsn=1')).url).toBe('/socket/websocket?vsn=1')
  expect((await get(at, '/rest/v1/t')).status).toBe(404)
})
