import { contextOf, type FastifyRequest } from '#http'
import type { Clock, Log } from '#kernel'
import type { Database } from './database/database.ts'
import type { Discovery } from './external/discovery.ts'
import type { Limits } from './limits/limits.ts'
import type { Mailer } from './mail/mailer.ts'
import type { AccessTokens } from './sessions/access-tokens.ts'
import type { AuthSettings } from './settings/settings.ts'
import type { SmsSender } from './sms/sender.ts'

/** One auth service: what every route works with. */
export interface AuthContext {
  readonly settings: AuthSettings
  readonly database: Database
  readonly tokens: AccessTokens
  readonly mailer: Mailer
  readonly sms: SmsSender
  readonly limits: Limits
  readonly discovery: Discovery
  readonly clock: Clock
  readonly log: Log
}

/** A request with the service that it came to. */
export interface Call extends AuthContext {
  readonly request: FastifyRequest
  /** Where the client says it is: of the first proxy's word, for logs and sessions only. */
  readonly ip: string
  readonly userAgent: string | undefined
  /** The audience that users are looked up in. */
  readonly audience: string
  /** The same when the request says so itself. */
  readonly namedAudience: string | undefined
}

export function callOf(request: FastifyRequest): Call {
  const context = contextOf<AuthContext>(request)
  const forwarded = request.headers['x-forwarded-for']
  const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim()
  const asked = request.headers['x-jwt-aud']
  const namedAudience = (Array.isArray(asked) ? asked[0] : asked) || undefined
  return {
    ...context,
    request,
    ip: first || request.ip || '',
    userAgent: request.headers['user-agent'],
    audience: namedAudience ?? context.settings.jwt.audience,
    namedAudience,
  }
}
