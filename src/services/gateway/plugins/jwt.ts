import * as z from 'zod'
import { isSigned } from './algorithms.ts'
import { authenticate, orAnonymous } from './authenticate.ts'
import { definePlugin, type Passage, type Plugin } from './plugin.ts'
import { valuesOf } from './query.ts'

const options = z.strictObject({
  header_names: z.array(z.string()).default(['authorization']),
  uri_param_names: z.array(z.string()).default(['jwt']),
  cookie_names: z.array(z.string()).default([]),
  key_claim_name: z.string().default('iss'),
  secret_is_base64: z.boolean().default(false),
  claims_to_verify: z.array(z.enum(['exp', 'nbf'])).default([]),
  /** Seconds; 0: any. */
  maximum_expiration: z.number().min(0).max(31_536_000).default(0),
  run_on_preflight: z.boolean().default(true),
  anonymous: z.string().nullish(),
  realm: z.string().nullish(),
})

/** A signed token names the consumer by a claim. */
export const jwt = definePlugin({
  priority: 1450,
  config: options,
  create(config, { consumers, now }) {
    const headers = { 'www-authenticate': config.realm ? `Bearer realm="${config.realm}"` : 'Bearer' }
    const refuse = (message: string, body?: Record<string, unknown>) => ({
      status: 401,
      message,
      headers,
      ...(body ? { body } : {}),
    })
    const check: Plugin = passage => {
      if (passage.method === 'OPTIONS' && !config.run_on_preflight) return undefined
      const found = tokensOf(passage, config)
      const [token] = found
      if (token === undefined) return refuse('Unauthorized')
      if (found.length > 1) return refuse('Multiple tokens provided')
      const parts = token.split('.')
      const header = objectIn(parts[0])
      const claims = objectIn(parts[1])
      if (parts.length !== 3 || !header || !claims) return refuse('Bad token; invalid JSON')
      const key = claims[config.key_claim_name] ?? header[config.key_claim_name]
      if (typeof key !== 'string' || key === '')
        return refuse(`No mandatory '${config.key_claim_name}' in claims`)
      const known = consumers.byTokenKey(key)
      if (!known) return refuse(`No credentials found for given '${config.key_claim_name}'`)
      if (header['alg'] !== known.algorithm) return refuse('Invalid algorithm')
      const signature = Buffer.from(parts[2] ?? '', 'base64url')
      if (
        !isSigned(known.algorithm, known.key(config.secret_is_base64), `${parts[0]}.${parts[1]}`, signature)
      )
        return refuse('Invalid signature')
      const wrong = wrongClaims(claims, config, now() / 1000)
      if (wrong) return refuse('Unauthorized', wrong)
      authenticate(passage, known.consumer)
      return undefined
    }
    return orAnonymous(check, config.anonymous, consumers)
  },
})

/** Where Kong looks, in its order; what is in the first place that has any. */
function tokensOf({ query, headers }: Passage, config: z.output<typeof options>): string[] {
  for (const name of config.uri_param_names) {
    const values = valuesOf(query, name)
    if (values.length > 0) return values
  }
  const cookies = (headers.cookie ?? '').split(/;\s*/)
  for (const name of config.cookie_names) {
    const cookie = cookies.find(one => one.startsWith(`${name}=`))?.slice(name.length + 1)
    if (cookie) return [cookie]
  }
  for (const name of config.header_names) {
    const value = headers[name.toLowerCase()]
    const token = /^\s*bearer\s+(.+)$/i.exec((Array.isArray(value) ? value[0] : value) ?? '')?.[1]
    if (token) return [token.trim()]
  }
  return []
}

function objectIn(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Kong's answer by claim, or undefined when nothing is wrong. */
function wrongClaims(
  claims: Record<string, unknown>,
  config: z.output<typeof options>,
  nowSeconds: number,
): Record<string, string> | undefined {
  const wrong: Record<string, string> = {}
  for (const name of config.claims_to_verify) {
    const value = claims[name]
    if (typeof value !== 'number') wrong[name] = 'must be a number'
    else if (name === 'exp' && value <= nowSeconds) wrong[name] = 'token expired'
    else if (name === 'nbf' && value > nowSeconds) wrong[name] = 'token not valid yet'
  }
  const { exp } = claims
  if (config.maximum_expiration > 0 && !(Number(exp) - nowSeconds <= config.maximum_expiration))
    wrong['exp'] ??= 'exceeds maximum allowed expiration'
  return Object.keys(wrong).length > 0 ? wrong : undefined
}
