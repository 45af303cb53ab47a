import * as z from 'zod'
import { definePlugin } from './plugin.ts'

const words = z.array(z.string()).nullish()
const allMethods = 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT'

/** Answers preflights and says which origins may read the answer. */
export const cors = definePlugin({
  priority: 2000,
  config: z.strictObject({
    /** `*`, origins, host names, or regular expressions of either. */
    origins: z.array(z.string().refine(isPattern, 'is no regular expression')).nullish(),
    methods: words,
    headers: words,
    exposed_headers: words,
    /** Seconds. */
    max_age: z.number().nullish(),
    credentials: z.boolean().default(false),
    preflight_continue: z.boolean().default(false),
    private_network: z.boolean().default(false),
    allow_origin_absent: z.boolean().default(true),
  }),
  create(config) {
    const allowedFor = originRule(config.origins ?? [])
    const methods = config.methods?.join(',') || allMethods
    const headers = config.headers?.join(',')
    const exposed = config.exposed_headers?.join(',')
    return ({ method, headers: sent, answer }) => {
      const { origin } = sent
      const preflight =
        method === 'OPTIONS' && origin !== undefined && sent['access-control-request-method'] !== undefined
      if (preflight && config.preflight_continue) return undefined
      if (origin === undefined && !config.allow_origin_absent) return undefined
      const rule = allowedFor(origin)
      const allowed = rule === '*' && config.credentials && origin ? origin : rule
      if (allowed !== undefined) answer.set('access-control-allow-origin', allowed)
      if (allowed !== '*') answer.set('vary', 'Origin')
      if (config.credentials && allowed !== undefined && allowed !== '*')
        answer.set('access-control-allow-credentials', 'true')
      if (!preflight) {
        if (exposed) answer.set('access-control-expose-headers', exposed)
        return undefined
      }
      answer.set('access-control-allow-methods', methods)
      const wanted = headers || String(sent['access-control-request-headers'] ?? '')
      if (wanted) answer.set('access-control-allow-headers', wanted)
      if (config.max_age != null) answer.set('access-control-max-age', String(config.max_age))
      if (config.private_network && sent['access-control-request-private-network'] === 'true')
        answer.set('access-control-allow-private-network', 'true')
      return { answered: 200 }
    }
  },
})

/** What `Access-Control-Allow-Origin` says to an origin; undefined: nothing. */
function originRule(origins: readonly string[]): (origin: string | undefined) => string | undefined {
  if (origins.length === 0 || origins.includes('*')) return () => '*'
  const [only] = origins
  if (origins.length === 1 && only !== undefined && !isRegular(only)) return () => only
  const tests = origins.map(text => {
    const isHost = !text.includes(':')
    const pattern = new RegExp(`^(?:${isRegular(text) ? unanchored(text) : escaped(text)})$`)
    return (origin: string) => pattern.test(isHost ? hostOf(origin) : origin)
  })
  return origin => (origin !== undefined && tests.some(test => test(origin)) ? origin : undefined)
}

/** Kong takes for a regular expression what has a letter that no origin has. */
function isRegular(text: string): boolean {
  return /[^A-Za-z0-9.:/-]/.test(text)
}

function isPattern(text: string): boolean {
  if (text === '*' || !isRegular(text)) return true
  try {
    return Boolean(new RegExp(unanchored(text)))
  } catch {
    return false
  }
}

function unanchored(text: string): string {
  return text.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
}

function escaped(text: string): string {
  return text.replace(/[.]/g, '\\.')
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : origin
}
