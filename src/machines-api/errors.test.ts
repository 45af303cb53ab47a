import { expect, it } from 'vitest'
import { HangarError } from '#kernel'
import { errorBody, wireStatus } from './errors.ts'

const error = (status: number, kind: 'user' | 'system', hint?: string) =>
  new HangarError('no such program: s3cret', { code: 'HGR_X', status, kind, ...(hint ? { hint } : {}) })

it('what the caller can mend never answers 502 or 503, which Fly’s clients send again', () => {
  expect([502, 503, 504, 409].map(status => wireStatus(error(status, 'user')))).toEqual([422, 422, 504, 409])
  expect(wireStatus(error(503, 'system'))).toBe(503)
})

it('advice is where flyctl looks for it, without secrets', () => {
  const redact = (text: string) => text.replaceAll('s3cret', '***')
  expect(errorBody(error(422, 'user', 'Set s3cret.'), redact)).toEqual({
    error: 'no such program: ***',
    message: 'no such program: ***. Set ***.',
    status: 'unknown',
    details: { hint: 'Set ***.', code: 'HGR_X' },
  })
  expect(errorBody(error(500, 'system', 'x'), redact)).toEqual({
    error: 'internal error; the log has the details',
    status: 'unknown',
  })
})
