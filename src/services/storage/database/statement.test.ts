import { expect, it } from 'vitest'
import { startTestPostgres } from '../../../../test/support/postgres.ts'
import { inline } from './statement.ts'

it('writes values into a statement so that the server reads back exactly them', async () => {
  const postgres = await startTestPostgres()
  try {
    const client = await postgres.client()
    const values = [`it's $2 \\' -- ; drop`, { a: `"'\\n`, b: null }, null, 7, true]
    const text = 'select $1::text as a, $2::jsonb as b, $3::text as c, $4::int as d, $5::bool as e'
    const { rows } = await client.query(`${inline({ text, values })}; `)
    expect(rows[0]).toEqual({ a: values[0], b: values[1], c: null, d: 7, e: true })
  } finally {
    await postgres.stop()
  }
})

it('refuses a NUL character, which would end the message in the middle', () => {
  expect(() => inline({ text: 'select $1', values: ['a\0b'] })).toThrow('NUL')
})
