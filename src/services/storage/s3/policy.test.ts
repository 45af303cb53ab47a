import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startS3, type TestS3 } from '../testing/s3.ts'
import { s3Keys } from '../testing/storage.ts'

let test: TestS3

beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('a form with a signed policy', () => {
  async function post(
    conditions: unknown[],
    fields: Record<string, string>,
    options: { content?: string; expiresMs?: number; spoil?: boolean } = {},
  ) {
    const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
    const credential = `${s3Keys.accessKeyId}/${date.slice(0, 8)}/local/s3/aws4_request`
    const expiration = new Date(Date.now() + (options.expiresMs ?? 60_000)).toISOString()
    const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
    const key = [date.slice(0, 8), 'local', 's3', 'aws4_request'].reduce(
      (key: string | Buffer, part) => createHmac('sha256', key).update(part).digest(),
      `AWS4${s3Keys.secretAccessKey}`,
    )
    const signature = createHmac('sha256', key).update(policy).digest('hex')
    const form = new FormData()
    const all = {
      ...fields,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': credential,
      'X-Amz-Date': date,
      Policy: policy,
      'X-Amz-Signature': options.spoil ? signature.replace(/^./, 'z') : signature,
    }
    for (const [name, value] of Object.entries(all)) form.append(name, value)
    form.append('file', new Blob([options.content ?? 'by form']), 'local.txt')
    const answer = await fetch(`${test.storage.url}/s3/files`, { method: 'POST', body: form })
    return { status: answer.status, body: await answer.text() }
  }

  it('uploads what the policy allows, and nothing else', async () => {
    const conditions = [
      { bucket: 'files' },
      ['starts-with', '$key', 'forms/'],
      { 'Content-Type': 'text/plain' },
      ['content-length-range', 1, 10],
    ]
    const fields = { key: 'forms/a.txt', 'Content-Type': 'text/plain' }
    expect((await post(conditions, fields)).status).toBe(200)
    expect(await test.text('forms/a.txt')).toBe('by form')
    expect((await post(conditions, { ...fields, key: 'elsewhere.txt' })).status).toBe(403)
    expect((await post(conditions, { ...fields, 'x-amz-meta-extra': '1' })).status).toBe(403)
    expect((await post(conditions, fields, { spoil: true })).status).toBe(403)
    expect((await post(conditions, fields, { expiresMs: -1000 })).body).toContain('ExpiredToken')
    expect((await post(conditions, fields, { content: 'more than ten bytes' })).body).toContain(
      'EntityTooLarge',
    )
    expect((await post(conditions, fields, { content: '' })).body).toContain('EntityTooSmall')
    expect(await test.text('forms/a.txt')).toBe('by form')
  })
})
