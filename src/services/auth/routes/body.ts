import type { FastifyInstance, FastifyRequest } from '#http'
import { errors } from '../errors.ts'
import type { Json } from '../users/rows.ts'

/** Bodies are JSON whatever their content type says. */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, text, done) => {
      // Clients that name the type wrongly send JSON all the same.
      if (String(text).trimStart().startsWith('{')) return parseJson(String(text), done)
      done(null, Object.fromEntries(new URLSearchParams(String(text))))
    },
  )
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) =>
    parseJson(String(text), done),
  )
}

function parseJson(text: string, done: (error: Error | null, body?: unknown) => void): void {
  if (text.trim() === '') return done(null, undefined)
  try {
    const value: unknown = JSON.parse(text)
    if (value === null) return done(null, {})
    if (typeof value !== 'object' || Array.isArray(value)) {
      return done(errors.badJson('it must be an object'))
    }
    done(null, value)
  } catch (error) {
    done(errors.badJson((error as Error).message))
  }
}

/** The fields of a body, each with the type that it must have. Null is as good as absent. */
export interface Body {
  /** Absent: an empty string. */
  text(name: string): string
  optionalText(name: string): string | undefined
  flag(name: string): boolean | undefined
  object(name: string): Json | undefined
  /** Throws unless every entry is a string. */
  list(name: string): string[] | undefined
}

/** The body, which must be there. Throws bad_json. */
export function bodyOf(request: FastifyRequest): Body {
  if (request.body === undefined || request.body === null)
    throw errors.badJson('unexpected end of JSON input')
  return fieldsOf(request.body as Json)
}

/** The body of a request that may come without one. */
export function optionalBodyOf(request: FastifyRequest): Body {
  return fieldsOf((request.body ?? {}) as Json)
}

function fieldsOf(fields: Json): Body {
  const read = (name: string, type: string): unknown => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value === undefined || value === null) return undefined
    const actual = Array.isArray(value) ? 'array' : typeof value
    if (actual !== type) throw errors.badJson(`field ${name} must be of type ${type}, not ${actual}`)
    return value
  }
  return {
    text: name => (read(name, 'string') as string | undefined) ?? '',
    optionalText: name => read(name, 'string') as string | undefined,
    flag: name => read(name, 'boolean') as boolean | undefined,
    object: name => read(name, 'object') as Json | undefined,
    list(name) {
      const values = read(name, 'array') as unknown[] | undefined
      if (values?.some(value => typeof value !== 'string')) {
        throw errors.badJson(`field ${name} must be a list of texts`)
      }
      return values as string[] | undefined
    },
  }
}

/** One parameter of the query; repeated: the first. */
export function queryOf(request: FastifyRequest, name: string): string {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}
