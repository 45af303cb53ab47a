import { errors } from '../errors.ts'
import type { Reader } from './reader.ts'

export const hookNames = [
  'mfa_verification_attempt',
  'password_verification_attempt',
  'custom_access_token',
  'send_email',
  'send_sms',
  'before_user_created',
  'after_user_created',
] as const
export type HookName = (typeof hookNames)[number]

/** Where a hook is: a function of the database, or a URL with the secrets that sign what is sent there. */
export type HookTarget =
  | { readonly kind: 'function'; readonly schema: string; readonly name: string }
  | { readonly kind: 'http'; readonly url: string; readonly secrets: readonly Buffer[] }

export type HookSettings = Readonly<Partial<Record<HookName, HookTarget>>>

const localHosts = ['localhost', '127.0.0.1', '[::1]', 'host.docker.internal']
const identifier = /^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/

export function readHookSettings(read: Reader): HookSettings {
  return Object.fromEntries(
    hookNames.flatMap(name => {
      const prefix = `GOTRUE_HOOK_${name.toUpperCase()}`
      const uri = read.text(`${prefix}_URI`)
      if (!read.flag(false, `${prefix}_ENABLED`)) return []
      if (uri === undefined) throw errors.setting(`${prefix}_URI`, 'is not set')
      return [[name, target(uri, `${prefix}_URI`, read.text(`${prefix}_SECRETS`), `${prefix}_SECRETS`)]]
    }),
  )
}

function target(
  uri: string,
  variable: string,
  secrets: string | undefined,
  secretsVariable: string,
): HookTarget {
  if (!URL.canParse(uri)) throw errors.setting(variable, `must be a URI, not "${uri}"`)
  const url = new URL(uri)
  if (url.protocol === 'pg-functions:') {
    const [, schema = '', name = ''] = url.pathname.split('/')
    if (!identifier.test(schema) || !identifier.test(name)) {
      throw errors.setting(variable, 'must be pg-functions://postgres/<schema>/<function>')
    }
    return { kind: 'function', schema, name }
  }
  if (url.protocol === 'http:' && !localHosts.includes(url.hostname)) {
    throw errors.setting(variable, 'may be http only on this machine; use https')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw errors.setting(variable, 'must be a pg-functions, https or (on this machine) http URI')
  }
  const parts = (secrets ?? '').split('|').filter(part => part !== '')
  const keys = parts.map(part => {
    const key = /^v1,whsec_([A-Za-z0-9+/=]{32,88})$/.exec(part)?.[1]
    if (key === undefined)
      throw errors.setting(secretsVariable, 'must be v1,whsec_<base64 of 24 to 64 bytes>, separated by |')
    return Buffer.from(key, 'base64')
  })
  return { kind: 'http', url: url.href, secrets: keys }
}
