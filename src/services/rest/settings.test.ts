import { describe, expect, it } from 'vitest'
import { configText } from './admin/config-text.ts'
import { type DatabaseSettings, readSettings } from './settings.ts'

const secret = 'a-secret-of-more-than-thirty-two-characters'
const read = (env: Record<string, string> = {}, inDatabase?: DatabaseSettings) =>
  readSettings({ PGRST_DB_URI: 'postgresql://', ...env }, inDatabase)

describe('a setting that is true or false', () => {
  it.each([
    ['True', true],
    ['"true"', true],
    ['2', true],
    ['0', false],
    ['-1', false],
    ['FALSE', false],
  ])('may be written as %s', (text, value) => {
    expect(read({ PGRST_DB_PLAN_ENABLED: text }).plans).toBe(value)
  })

  it('that is neither is refused in a variable, and does not count in the database', () => {
    expect(() => read({ PGRST_DB_PLAN_ENABLED: 'perhaps' })).toThrow('PGRST_DB_PLAN_ENABLED must be')
    expect(read({}, new Map([['db_plan_enabled', 'perhaps']])).plans).toBe(false)
    expect(read({}, new Map([['db_max_rows', 'many']])).maxRows).toBeUndefined()
  })
})

it('a header to send back must be one', () => {
  expect(read({ PGRST_SERVER_TRACE_HEADER: 'X-Request-Id' }).traceHeader).toBe('X-Request-Id')
  expect(() => read({ PGRST_SERVER_TRACE_HEADER: 'X Request' })).toThrow('must be the name of a header')
  expect(read({}, new Map([['server_trace_header', 'X Request']])).traceHeader).toBeUndefined()
})

describe('the secret', () => {
  it('in base64 may be a key', () => {
    const key = Buffer.from('{"kty":"oct","k":"c2VjcmV0"}').toString('base64')
    const env = { PGRST_JWT_SECRET: key, PGRST_SECRET_IS_BASE64: 'true' }
    expect(read(env)).toMatchObject({ jwtSecret: key, jwtSecretIsBase64: true })
  })

  it('counts its bytes after decoding', () => {
    const env = { PGRST_JWT_SECRET: 'c2hvcnQtYnV0LWxvbmctZW5vdWdo', PGRST_JWT_SECRET_IS_BASE64: 'true' }
    expect(() => read(env)).toThrow('at least 32')
  })
})

describe('the configuration as text', () => {
  it('has every setting of PostgREST, in its order', () => {
    const text = configText(read({ PGRST_JWT_SECRET: secret, PGRST_APP_SETTINGS_own: 'a "b"' }))
    expect(text).toBe(
      `db-aggregates-enabled = false
db-anon-role = ""
db-channel = "pgrst"
db-channel-enabled = true
db-extra-search-path = "public"
db-hoisted-tx-settings = "statement_timeout,plan_filter.statement_cost_limit,default_transaction_isolation"
db-max-rows = ""
db-plan-enabled = false
db-pool = 10
db-pool-acquisition-timeout = 10
db-pool-max-lifetime = 1800
db-pool-max-idletime = 30
db-pool-automatic-recovery = true
db-pre-request = ""
db-prepared-statements = true
db-root-spec = ""
db-schemas = "public"
db-config = true
db-pre-config = ""
db-tx-end = "commit"
db-uri = "postgresql://"
jwt-aud = ""
jwt-role-claim-key = ".\\"role\\""
jwt-secret = "${secret}"
jwt-secret-is-base64 = false
jwt-cache-max-lifetime = 0
log-level = "error"
openapi-mode = "follow-privileges"
openapi-security-active = false
openapi-server-proxy-uri = ""
server-cors-allowed-origins = ""
server-host = "!4"
server-port = 3000
server-trace-header = ""
server-timing-enabled = false
server-unix-socket = ""
server-unix-socket-mode = "660"
admin-server-port = ""
admin-server-config-enabled = false
app.settings.own = "a \\"b\\""
`,
    )
  })
})
