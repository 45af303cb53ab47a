import { expect, it } from 'vitest'
import { cacheControl } from './cache-control.ts'
import { disposition } from './disposition.ts'

const rules = { sharedMaxAgeSeconds: 0, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 }

it('names a download for old readers and for new ones', () => {
  expect(disposition('')).toBe('attachment;')
  expect(disposition('plain.txt')).toBe("attachment; filename=plain.txt; filename*=UTF-8''plain.txt")
  expect(disposition("it's (1) ä.txt")).toBe(
    `attachment; filename="it's (1) _.txt"; filename*=UTF-8''it%27s%20%281%29%20%C3%A4.txt`,
  )
  expect(disposition('a"b\\c\r\nSet-Cookie: x')).toBe(
    `attachment; filename="a_b_c__Set-Cookie: x"; filename*=UTF-8''a%22b%5Cc%0D%0ASet-Cookie%3A%20x`,
  )
})

it('adds to an object’s cache rule what the service is told to, unless the object says it itself', () => {
  const object = { cacheControl: 'max-age=60', eTag: '"1"' }
  expect(cacheControl(rules, undefined, object)).toBe('max-age=60')
  expect(cacheControl(rules, '"1"', object)).toBe('max-age=60')
  expect(cacheControl(rules, '"0"', object)).toBe('max-age=60, stale-while-revalidate=30')
  expect(cacheControl({ ...rules, sharedMaxAgeSeconds: 9 }, '"1"', object)).toBe('max-age=60, s-maxage=9')
  const stale = { ...rules, staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 7 }
  expect(cacheControl(stale, undefined, object)).toBe(
    'max-age=60, stale-while-revalidate=5, stale-if-error=7',
  )
  const own = { cacheControl: 'private="a, s-maxage=1", Stale-If-Error=1', eTag: '"1"' }
  expect(cacheControl({ ...stale, sharedMaxAgeSeconds: 9 }, '"1"', own)).toBe(
    'private="a, s-maxage=1", Stale-If-Error=1, s-maxage=9, stale-while-revalidate=5',
  )
  expect(cacheControl(rules, undefined, null)).toBe('no-cache')
})
