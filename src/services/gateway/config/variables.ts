/** What Supabase's own start script puts into its file; any other `$NAME` is left as it stands. */
const known = /\$((?:SUPABASE|DASHBOARD|LUA)_[A-Z0-9_]+|WELL_KNOWN_OAUTH_PATH)/g

type Env = Readonly<Record<string, string | undefined>>

/**
 * The file of Supabase's compose project names variables, which a script in front of Kong fills in, and expressions that this script
 * makes from the keys. The same is done here, so that the file can be read as it is. A key that is not set is no credential.
 */
export function withVariables(text: string, env: Env): string {
  const values = { ...expressions(env), ...env }
  const filled = text.replace(known, (whole, name: string) => values[name] ?? (isKey(name) ? '' : whole))
  return filled.replace(/^[ \t]*- key:[ \t]*$/gm, '')
}

function isKey(name: string): boolean {
  return /^SUPABASE_\w+_KEY$/.test(name)
}

/** Keys of the newer form become the tokens that they stand for; a session that is there stays. */
function expressions(env: Env): Record<string, string> {
  const { SUPABASE_SECRET_KEY: secret, SUPABASE_PUBLISHABLE_KEY: publishable } = env
  const { SERVICE_ROLE_KEY_ASYMMETRIC: service = '', ANON_KEY_ASYMMETRIC: anon = '' } = env
  const session =
    "(headers.authorization ~= nil and headers.authorization:sub(1, 10) ~= 'Bearer sb_' and headers.authorization)"
  const shared = { WELL_KNOWN_OAUTH_PATH: metadataPath(env['JWT_ISSUER']) }
  if (!secret || !publishable) {
    return {
      ...shared,
      LUA_AUTH_EXPR: `$(${session} or headers.apikey)`,
      LUA_RT_WS_EXPR: '$(query_params.apikey)',
      LUA_FUNCTIONS_EXPR: '$(nil)',
    }
  }
  const either = (where: string, before = '') =>
    `(${where} == '${before}${secret}' and '${service}') or (${where} == '${before}${publishable}' and '${anon}')`
  const bearer = `(headers.apikey == '${secret}' and 'Bearer ${service}') or (headers.apikey == '${publishable}' and 'Bearer ${anon}')`
  return {
    ...shared,
    LUA_AUTH_EXPR: `$(${session} or ${bearer} or headers.apikey)`,
    LUA_RT_WS_EXPR: `$(${either('query_params.apikey')} or query_params.apikey)`,
    LUA_FUNCTIONS_EXPR: `$(${either('headers.apikey')} or ${either('headers.authorization', 'Bearer ')} or nil)`,
  }
}

/** Where an issuer with a path says what it can do: the well-known part comes before the path (RFC 8414, 3.1). */
function metadataPath(issuer: string | undefined): string {
  const path = URL.canParse(issuer ?? '') ? new URL(issuer as string).pathname.replace(/\/+$/, '') : ''
  return `/.well-known/oauth-authorization-server${path}`
}
