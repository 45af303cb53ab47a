import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changing } from './cases/changing.ts'
import { embedding } from './cases/embedding.ts'
import { errors } from './cases/errors.ts'
import { functions } from './cases/functions.ts'
import { media } from './cases/media.ts'
import { reading } from './cases/reading.ts'
import { surface } from './cases/surface.ts'
import { tokens } from './cases/tokens.ts'
import { type Case, startTarget, type Target } from './support.ts'

let target: Target
beforeAll(async () => {
  target = await startTarget()
})
afterAll(() => target?.stop())

describe.each(Object.entries({ reading, embedding, changing, functions, media, errors, tokens, surface }))(
  '%s',
  (_topic, cases) => {
    it.each(cases.map(one => [one.name ?? `${one.method ?? 'GET'} ${one.path}`, one] as const))(
      '%s',
      async (_name, one) => {
        const { status, headers, text } = await ask(one)
        const { gives, answers } = one
        if (gives instanceof RegExp) expect(text).toMatch(gives)
        else if (typeof gives === 'string' && gives.startsWith('text:')) expect(text).toBe(gives.slice(5))
        else if (gives !== undefined) expect(parsed(text)).toEqual(gives)
        expect(status).toBe(one.status ?? 200)
        for (const [name, expected] of Object.entries(answers ?? {}))
          expect([name, headers.get(name)]).toEqual([name, expected])
      },
    )
  },
)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function ask({ method = 'GET', path, headers, body }: Case) {
  const response = await fetch(target.url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
