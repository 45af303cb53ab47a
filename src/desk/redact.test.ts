import { describe, expect, it } from 'vitest'
import { redactInput } from './redact.ts'

describe('what is kept of an input', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJlLW9mLWl0'
  it('has no secret, neither by its name nor by its form', () => {
    const kept = JSON.stringify(
      redactInput(
        {
          silo_id: 'acme-erp-silo-001',
          password: 'hunter2',
          nested: { client_secret: 'x', list: [`Bearer ${jwt}`, 'postgres://postgres:hunter2@127.0.0.1/db'] },
          note: `it is ${jwt} and aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ`,
          key: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
          [jwt]: 1,
          command: ['psql', '-c', 'hunter2'],
        },
        ['command'],
      ),
    )
    for (const secret of ['hunter2', jwt, 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ'])
      expect(kept).not.toContain(secret)
    expect(kept).toContain('acme-erp-silo-001')
  })

  it('is bounded, however large, deep or odd it is', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 1000; i++) deep = { deep }
    expect(JSON.stringify(redactInput(deep)).length).toBeLessThan(3000)
    expect(JSON.stringify(redactInput({ a: 'long word '.repeat(1e5) })).length).toBeLessThan(3000)
    expect(redactInput('text')).toEqual({ value: 'text' })
  })
})
