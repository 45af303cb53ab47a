import type { IncomingMessage } from 'node:http'
import { RestError, restErrors, StaleSchema } from '../errors.ts'
import { type Call, readCall } from '../request/call.ts'
import type { Answer } from '../response/answer.ts'
import { toRestError } from '../response/failure.ts'
import { callFunction } from './function.ts'
import { limited } from './limited.ts'
import { allowedMethods } from './options.ts'
import type { Handling, RestParts } from './parts.ts'
import { describeApi } from './root.ts'
import { changeTable, readTable } from './table.ts'

/** One request to its answer. Throws RestError only. */
export async function answerRequest(parts: RestParts, request: IncomingMessage): Promise<Answer> {
  const preflight = answerPreflight(request)
  if (preflight) return preflight
  let anonymous = false
  try {
    const caller = await parts.identify(request.headers.authorization)
    anonymous = caller.anonymous
    const call = heeded(await readCall(request, parts.settings.schemas), parts)
    let known = await parts.schemas.get()
    for (let tries = 0; ; tries++) {
      try {
        return await perform({ parts: limited(parts, caller), call, caller, known, schema: known.schema })
      } catch (error) {
        // The schema may have changed since it was read: then the request is done again with what it is now.
        const newer = tries < 10 && mayBeStale(error) ? await parts.schemas.newerThan(known) : known
        if (newer === known) throw error
        known = newer
      }
    }
  } catch (error) {
    throw toRestError(error instanceof StaleSchema ? restErrors.noSchema(error) : error, anonymous)
  }
}

/** How a transaction ends may be chosen only where that is allowed. */
function heeded(call: Call, { settings }: RestParts): Call {
  if (settings.end.override || call.preferences.tx === undefined) return call
  return { ...call, preferences: { ...call.preferences, tx: undefined } }
}

function perform(handling: Handling): Promise<Answer> {
  const { method, resource } = handling.call
  if (method === 'OPTIONS') return Promise.resolve(allowedMethods(handling))
  const reads = method === 'GET' || method === 'HEAD'
  switch (resource.kind) {
    case 'root':
      if (!reads) throw restErrors.method(method)
      return describeApi(handling)
    case 'function':
      return callFunction(handling, resource.name)
    case 'table':
      return reads ? readTable(handling, resource.name) : changeTable(handling, resource.name)
  }
}

const staleCodes: ReadonlySet<string> = new Set([
  'PGRST200',
  'PGRST201',
  'PGRST202',
  'PGRST203',
  'PGRST204',
  '42P01',
])

/** Whether a newer schema could make a difference. */
function mayBeStale(error: unknown): boolean {
  if (error instanceof StaleSchema) return true
  if (error instanceof RestError) return staleCodes.has(error.body.code)
  return ['42703', '42P01', '42883', '42804'].includes((error as { code?: string }).code ?? '')
}

/** A browser asks before it sends a request to another origin. */
function answerPreflight({ method, headers }: IncomingMessage): Answer | undefined {
  if (method !== 'OPTIONS' || !headers.origin || !headers['access-control-request-method']) return undefined
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD',
      'access-control-allow-headers': `Authorization, ${headers['access-control-request-headers'] ?? 'Content-Type'}, Accept, Accept-Language, Content-Language`,
      'access-control-max-age': '86400',
    },
    body: '',
  }
}
