import * as z from 'zod'
import { formatDuration, parseDuration } from '#kernel'

// The spellings that flyctl takes for one value, each read into one form.

/** A Go duration; a bare number counts `unitMs`. Read as Go writes it on the wire: `1m0s`. */
export function duration(unitMs: number) {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    if (value === '') return undefined
    try {
      return formatDuration(typeof value === 'number' ? Math.trunc(value) * unitMs : parseDuration(value))
    } catch {
      context.issues.push({
        code: 'custom',
        input: value,
        message: `"${value}" is no duration; write a number with a unit: 500ms, 15s, 5m`,
      })
      return z.NEVER
    }
  })
}

/** One table where flyctl also takes a list. */
export function tableOrList<T extends z.ZodType>(item: T) {
  return z
    .preprocess(
      value => (value === undefined || Array.isArray(value) ? value : [value]),
      z.array(item).optional(),
    )
    .optional()
}

/** A list that flyctl takes as a list only: `[[name]]`. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: 'is a list: write it with double brackets, [[…]]' }).optional()
}

/** A whole number, or one in quotes. */
export const wholeNumber = z
  .union([z.number().int(), z.string().regex(/^\d+$/, 'is no whole number')])
  .transform(Number)

export const portNumber = z.number().int().min(1).max(65535)

/** A port, which [[services]] may also write in quotes. */
export const quotablePort = wholeNumber.pipe(portNumber)

/** `[env]`: values of any plain kind become text; several tables are one. */
export const environment = z
  .union([plainRecord(), z.array(plainRecord())])
  .transform(
    value => Object.assign({}, ...(Array.isArray(value) ? value : [value])) as Record<string, string>,
  )

/** Headers of a check: a table, or a list of `{ name, value }`. */
export const headers = z.union([
  plainRecord(),
  z
    .array(z.strictObject({ name: plain(), value: plain().optional() }))
    .transform(
      entries =>
        Object.fromEntries(entries.map(({ name, value }) => [name, value ?? ''])) as Record<string, string>,
    ),
])

/** One command word, or a list of them. */
export const words = z
  .union([z.string(), z.array(z.string())])
  .transform(value => (typeof value === 'string' ? [value] : value))

/** `off`, `stop`, `suspend`, or the older boolean. */
export const autostop = z
  .union([z.boolean(), z.enum(['off', 'stop', 'suspend'])])
  .transform(value => (value === true ? 'stop' : value === false ? 'off' : value))

/** Text as it is; numbers and booleans as text. */
export function plain() {
  return z.union([z.string(), z.number(), z.boolean()]).transform(String)
}

function plainRecord() {
  return z.record(z.string(), plain())
}
