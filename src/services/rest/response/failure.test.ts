import { describe, expect, it } from 'vitest'
import { toRestError } from './failure.ts'

const raised = (code: string, message = 'm', more: { detail?: string; hint?: string } = {}) =>
  toRestError(Object.assign(new Error(message), { code, ...more }), false)

describe('what PostgreSQL refuses', () => {
  it.each([
    ['08003', 503],
    ['09000', 500],
    ['0L000', 403],
    ['0P000', 403],
    ['21000', 500],
    ['22012', 400],
    ['23502', 400],
    ['23503', 409],
    ['23505', 409],
    ['25006', 405],
    ['25P02', 500],
    ['28000', 403],
    ['2D000', 500],
    ['38000', 500],
    ['39000', 500],
    ['3B000', 500],
    ['40001', 500],
    ['42501', 403],
    ['42703', 400],
    ['42883', 404],
    ['42P01', 404],
    ['42P17', 500],
    ['53100', 503],
    ['53400', 500],
    ['54001', 500],
    ['55P03', 500],
    ['57014', 500],
    ['57P01', 503],
    ['58000', 500],
    ['F0000', 500],
    ['HV000', 500],
    ['P0001', 400],
    ['P0002', 500],
    ['XX000', 500],
    ['PT418', 418],
    ['PT6XX', 500],
    ['PT601', 601],
  ])('with %s answers %i', (code, status) => {
    expect(raised(code).status).toBe(status)
  })

  it('depends on the words for some', () => {
    expect(raised('21000', 'UPDATE requires a WHERE clause').status).toBe(400)
    expect(raised('42883', 'function xmlagg(json) does not exist').status).toBe(406)
  })

  it('asks the anonymous for a login', () => {
    const { status, headers } = toRestError(Object.assign(new Error('m'), { code: '42501' }), true)
    expect([status, headers]).toEqual([401, { 'www-authenticate': 'Bearer' }])
  })

  it('is told from what the system refuses', () => {
    expect(raised('EPIPE')).toMatchObject({ status: 500, body: { code: 'PGRSTX00' } })
  })
})

describe('an answer that a function words', () => {
  const good = '{"code":"1","message":"m"}'
  const whole = '{"status":400,"headers":{}}'

  it.each([
    ['not JSON', 'x', whole, 'MESSAGE'],
    ['without a code', '{"message":"m"}', whole, 'MESSAGE'],
    ['with details that are no text', '{"code":"1","message":"m","details":{}}', whole, 'MESSAGE'],
    ['with a hint that is no text', '{"code":"1","message":"m","hint":1}', whole, 'MESSAGE'],
    ['with a status that is no number', good, '{"status":"400","headers":{}}', 'DETAIL'],
    ['with half a status', good, '{"status":400.5,"headers":{}}', 'DETAIL'],
    ['without headers', good, '{"status":400}', 'DETAIL'],
    ['with a list of headers', good, '{"status":400,"headers":[]}', 'DETAIL'],
    ['with a header that is no text', good, '{"status":400,"headers":{"a":1}}', 'DETAIL'],
    ['with the name of no header', good, '{"status":400,"headers":{"a:b":"x"}}', 'DETAIL'],
    ['with a status before the last', good, '{"status":100,"headers":{}}', 'DETAIL'],
    ['with a status text that is no text', good, '{"status":400,"status_text":1,"headers":{}}', 'DETAIL'],
  ])('%s is not heeded', (_what, message, detail, part) => {
    const { status, body } = raised('PGRST', message, { detail })
    const text = part === 'MESSAGE' ? message : detail
    expect([status, body.code, body.details]).toEqual([
      500,
      'PGRST121',
      `Invalid JSON value for ${part}: '${text}'`,
    ])
  })

  it('needs a detail', () => {
    expect(raised('PGRST', good).body.details).toBe('DETAIL is missing in the RAISE statement')
  })

  it('may leave out what is not obligatory, or say that it is null', () => {
    const message = '{"code":"1","message":"m","details":null}'
    const { status, statusText, body } = raised('PGRST', message, { detail: whole })
    expect([status, statusText, body]).toEqual([
      400,
      undefined,
      { code: '1', details: null, hint: null, message: 'm' },
    ])
  })
})
