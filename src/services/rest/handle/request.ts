import type { WireRequest } from '#wire'
import { RestError, restErrors, StaleSchema } from '../errors.ts'
import type { Presence } from '../presence.ts'
import { Recent } from '../recent.ts'
import { type Call, readCall } from '../request/call.ts'
import { nothingPreferred, type Preferences, parsePreferences } from '../request/preferences.ts'
import type { Answer } from '../response/answer.ts'
import { answerPreflight } from '../response/cross-origin.ts'
import { toRestError } from '../response/failure.ts'
import { Timing } from '../response/timing.ts'
import type { RestSettings } from '../settings.ts'
import { changeTable } from './change.ts'
import { callFunction } from './function.ts'
import { limited } from './limited.ts'
import { allowedMethods } from './options.ts'
import type { Handling, RestParts } from './parts.ts'
import { readTable } from './read.ts'
import { describeApi } from './root.ts'

/** One request to its answer. Throws RestError only. */
export async function answerRequest(
  parts: RestParts,
  request: WireRequest,
  presence: Presence,
  base: RestSettings,
): Promise<Answer> {
  const preflight = answerPreflight(request, (parts.schemas.current?.settings ?? base).origins)
  if (preflight) return preflight
  let anonymous = false
  try {
    // Whatever is known already is taken without a wait: each would be one more turn.
    let known = parts.schemas.present ?? (await parts.schemas.get())
    const { settings } = known
    const timing = settings.timing ? new Timing(parts.clock) : untimed
    const identified = parts.identifyWith(settings)(request.headers.authorization)
    const caller = identified instanceof Promise ? await identified : identified
    anonymous = caller.anonymous
    parts.noteRole?.(request, caller.role)
    timing.ended('jwt')
    const reading = readCall(request, callRules(parts, settings), header =>
      preferencesOf(parts, settings, header),
    )
    const call = reading instanceof Promise ? await reading : reading
    timing.ended('parse')
    for (let tries = 0; ; tries++) {
      try {
        const own = { settings: limited(settings, caller), timing, presence }
        const handling = { parts, call, caller, known, schema: known.schema, ...own }
        const answer = await perform(handling)
        timing.ended('response')
        return settings.timing ? withTiming(answer, timing) : answer
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

const untimed = new Timing(undefined)

function callRules({ queries }: RestParts, { schemas, openApi, rootFunction }: RestSettings) {
  return { schemas, queries, openApi: openApi !== 'disabled', rootFunction: rootFunction?.name }
}

function preferencesOf(
  parts: RestParts,
  { end }: RestSettings,
  header: string | undefined,
): Preferences | Promise<Preferences> {
  if (header === undefined) return nothingPreferred
  const read = (zones?: ReadonlySet<string>) =>
    parsePreferences(header, { mayEnd: end.override, isTimezone: name => zones?.has(name) === true })
  if (header.includes('timezone=')) return parts.timezones().then(read)
  return preferred.get(`${end.override}${header}`, read)
}

const preferred = new Recent<Preferences>(200, 1000)

function withTiming(answer: Answer, timing: Timing): Answer {
  return { ...answer, headers: { ...answer.headers, 'server-timing': timing.header() } }
}

function perform(handling: Handling): Promise<Answer> | Answer {
  const { action }: Call = handling.call
  switch (action.kind) {
    case 'read':
      return readTable(handling, action.name, action.headersOnly)
    case 'call':
      return callFunction(handling, action.name, action.by)
    case 'describe':
      return describeApi(handling, action.headersOnly)
    case 'info':
      return allowedMethods(handling, action)
    default:
      return changeTable(handling, action.name)
  }
}

const staleCodes: ReadonlySet<string> = new Set([
  'PGRST200',
  'PGRST201',
  'PGRST202',
  'PGRST203',
  'PGRST204',
  '',
])

/** Whether a newer schema could make a difference. */
function mayBeStale(error: unknown): boolean {
  if (error instanceof StaleSchema) return true
  if (error instanceof RestError) return staleCodes.has(error.body.code)
  return ['42703', '42P01', '42883', '42804'].includes((error as { code?: string }).code ?? '')
}
