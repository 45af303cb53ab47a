import { contextOf, type FastifyRequest } from '#http'
import type { Clock, Log } from '#kernel'
import type { Database } from './database/database.ts'
import type { Scope } from './database/scope.ts'
import { errors } from './errors.ts'
import type { ObjectFiles } from './files/port.ts'
import type { StorageSettings } from './settings.ts'
import type { Claims, Tokens } from './tokens.ts'
import type { Resumables } from './tus/resumables.ts'

/** One storage service: what every route works with. */
export interface StorageContext {
  readonly settings: StorageSettings
  readonly database: Database
  readonly files: ObjectFiles
  /** Uploads that come in pieces. */
  readonly resumables: Resumables
  /** A folder for rendered images; what is in it may be lost. */
  readonly imageCache: string
  readonly tokens: Tokens
  readonly clock: Clock
  readonly log: Log
}

/** A request, with who sent it and in whose name the database is asked. */
export interface Call extends StorageContext {
  readonly request: FastifyRequest
  /** The caller's role and claims. */
  readonly caller: Scope
  /** The service role: what must be known whoever asks, and what was permitted already. */
  readonly service: Scope
  readonly authenticated: boolean
  /** The `sub` claim. */
  readonly owner: string | undefined
}

export interface CallOptions {
  /** e.g. `storage.object.upload`; policies can ask for it. */
  readonly operation: string
  /** `required`: a bad or absent token is refused. `optional`: it makes the caller anonymous. `none`: not looked at. */
  readonly token: 'required' | 'optional' | 'none'
}

/** Finds out who sent the request. Rejects with accessDenied when a token is required and not good. */
export async function openCall(request: FastifyRequest, options: CallOptions): Promise<Call> {
  const context = contextOf<StorageContext>(request)
  const token = (request.headers.authorization ?? '').replace(/^Bearer\s+/i, '')
  let claims: Claims = { role: context.settings.anonRole }
  let authenticated = false
  if (options.token !== 'none' && (token !== '' || options.token === 'required')) {
    try {
      claims = await context.tokens.verify(token)
      authenticated = true
    } catch (error) {
      if (options.token === 'required') throw errors.accessDenied((error as Error).message, error)
    }
  }
  return callFor(context, request, options.operation, {
    claims,
    token: authenticated ? token : '',
    authenticated,
  })
}

/** The call of somebody who is known already (S3, say). */
export function callFor(
  context: StorageContext,
  request: FastifyRequest,
  operation: string,
  who: { claims: Claims; token: string; authenticated: boolean },
): Call {
  const shared = {
    headers: JSON.stringify(request.headers),
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    operation,
  }
  const scope = (claims: Claims, token: string): Scope => ({
    ...shared,
    role: claims.role || context.settings.anonRole,
    claims: JSON.stringify(claims),
    subject: claims.sub ?? '',
    token,
  })
  return {
    ...context,
    request,
    caller: scope(who.claims, who.token),
    service: scope(context.tokens.service.claims, context.tokens.service.token),
    authenticated: who.authenticated,
    owner: who.claims.sub,
  }
}
