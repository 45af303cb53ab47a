import { createHash, createHmac } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedHeaders } from '../sigv4/sign.ts'
import { Bucket, startS3, type TestS3 } from '../testing/s3.ts'
import { s3Keys, serviceToken, startStorage } from '../testing/storage.ts'

let test: TestS3

beforeAll(async () => {
  test = await startS3()
  await test.put('guarded.txt', 'two')
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('signatures', () => {
  const host = () => new URL(test.storage.url).host

  function signed(
    method: string,
    path: string,
    options: { payload?: string; headers?: Record<string, string>; now?: Date; secret?: string } = {},
  ) {
    return signedHeaders(
      { ...s3Keys, secretAccessKey: options.secret ?? s3Keys.secretAccessKey, region: 'local' },
      {
        method,
        host: host(),
        path,
        query: [],
        headers: options.headers ?? {},
        payload: options.payload ?? 'UNSIGNED-PAYLOAD',
      },
      options.now,
    )
  }

  const send = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const { host: _, ...rest } = headers
    const answer = await fetch(`${test.storage.url}${path}`, {
      method,
      headers: rest,
      ...(body === undefined ? {} : { body }),
    })
    return { status: answer.status, body: await answer.text() }
  }

  it('that are wrong, old, or missing are refused, and say nothing about what exists', async () => {
    const path = '/s3/files/guarded.txt'
    expect((await send('GET', path, signed('GET', path))).status).toBe(200)
    const off = signed('GET', path)
    off['authorization'] = (off['authorization'] ?? '').replace(/.$/, last => (last === '0' ? '1' : '0'))
    expect(await send('GET', path, off)).toMatchObject({
      status: 403,
      body: expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
    })
    expect((await send('GET', path, signed('GET', path, { secret: 'guess' }))).status).toBe(403)
    expect((await send('GET', '/s3/files/other.txt', signed('GET', path))).status).toBe(403)
    expect((await send('DELETE', path, signed('GET', path))).status).toBe(403)
    const old = signed('GET', path, { now: new Date(Date.now() - 16 * 60_000) })
    expect(await send('GET', path, old)).toMatchObject({
      status: 403,
      body: expect.stringContaining('RequestTimeTooSkewed'),
    })
    expect(await send('GET', path, {})).toMatchObject({
      status: 403,
      body: expect.stringContaining('Missing signature'),
    })
    expect((await send('GET', '/s3/nowhere/none', {})).body.replace('nowhere/none', '')).toBe(
      (await send('GET', path, {})).body.replace('files/guarded.txt', ''),
    )
  })

  it('cover the body: its digest, its MD5, its checksum, its length', async () => {
    const path = '/s3/files/digest.txt'
    const sha256 = createHash('sha256').update('hello').digest('hex')
    expect((await send('PUT', path, signed('PUT', path, { payload: sha256 }), 'hello')).status).toBe(200)
    expect((await send('PUT', path, signed('PUT', path, { payload: sha256 }), 'hellO')).body).toContain(
      '<Code>XAmzContentSHA256Mismatch</Code>',
    )
    const wrong = {
      'content-md5': createHash('md5').update('other').digest('base64'),
      'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-checksum-crc32c': 'AAAAAA==',
      'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=',
      'x-amz-checksum-sha1': 'AAAAAA==',
    }
    for (const [name, value] of Object.entries(wrong)) {
      const headers = signed('PUT', path, { headers: { [name]: value } })
      expect((await send('PUT', path, headers, 'hellO')).body, name).toContain('<Code>BadDigest</Code>')
    }
    const right = {
      'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==',
      'x-amz-checksum-crc32': 'NhCmhg==',
      'x-amz-checksum-crc32c': 'mnG7TA==',
      'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=',
    }
    for (const [name, value] of Object.entries(right)) {
      const headers = signed('PUT', path, { headers: { [name]: value } })
      expect((await send('PUT', path, headers, 'hello')).status, name).toBe(200)
    }
    expect(await test.text('digest.txt')).toBe('hello')
  })

  it('of chunks are checked one by one', async () => {
    const path = '/s3/files/chunked.txt'
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
    const body = (headers: Record<string, string>, options: { spoil?: boolean; cut?: boolean } = {}) => {
      const date = headers['x-amz-date'] ?? ''
      const scope = `${date.slice(0, 8)}/local/s3/aws4_request`
      const key = [date.slice(0, 8), 'local', 's3', 'aws4_request'].reduce(
        (key: string | Buffer, part) => createHmac('sha256', key).update(part).digest(),
        `AWS4${s3Keys.secretAccessKey}`,
      )
      let previous = /Signature=(\w+)/.exec(headers['authorization'] ?? '')?.[1] ?? ''
      const empty = createHash('sha256').digest('hex')
      let out = ''
      for (const chunk of ['hello ', 'world', '']) {
        const digest = createHash('sha256').update(chunk).digest('hex')
        const signing = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, empty, digest].join('\n')
        previous = createHmac('sha256', key).update(signing).digest('hex')
        const sent = options.spoil && chunk === 'world' ? 'World' : chunk
        out += `${chunk.length.toString(16)};chunk-signature=${previous}\r\n${sent}\r\n`
      }
      return options.cut ? out.slice(0, -100) : out
    }
    const head = () => signed('PUT', path, { payload, headers: { 'x-amz-decoded-content-length': '11' } })
    let headers = head()
    expect((await send('PUT', path, headers, body(headers))).status).toBe(200)
    expect(await test.text('chunked.txt')).toBe('hello world')
    headers = head()
    expect((await send('PUT', path, headers, body(headers, { spoil: true }))).body).toContain(
      'SignatureDoesNotMatch',
    )
    headers = head()
    expect((await send('PUT', path, headers, body(headers, { cut: true }))).body).toContain('IncompleteBody')
    headers = head()
    expect((await send('PUT', path, headers, `zz\r\n${'x'.repeat(3000)}`)).body).toContain('InvalidRequest')
    expect(await test.text('chunked.txt')).toBe('hello world')
    expect(readdirSync(join(test.storage.directory, 'pending'))).toEqual([])
  })

  it('in the query make links that end', async () => {
    const link = (seconds: number, at = new Date(), method = 'GET', more: Record<string, string> = {}) => {
      const date = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
      const scope = `${date.slice(0, 8)}/local/s3/aws4_request`
      const query = new URLSearchParams({
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `${s3Keys.accessKeyId}/${scope}`,
        'X-Amz-Date': date,
        'X-Amz-Expires': String(seconds),
        'X-Amz-SignedHeaders': 'host',
        ...more,
      })
      const canonical = `${method}\n/s3/files/guarded.txt\n${query}\nhost:${host()}\n\nhost\nUNSIGNED-PAYLOAD`
      const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
      const key = [date.slice(0, 8), 'local', 's3', 'aws4_request'].reduce(
        (key: string | Buffer, part) => createHmac('sha256', key).update(part).digest(),
        `AWS4${s3Keys.secretAccessKey}`,
      )
      query.set('X-Amz-Signature', createHmac('sha256', key).update(toSign).digest('hex'))
      return `/s3/files/guarded.txt?${query}`
    }
    expect(await send('GET', link(60), {})).toMatchObject({ status: 200, body: 'two' })
    expect((await send('GET', link(60, new Date(Date.now() - 61_000)), {})).body).toContain('ExpiredToken')
    expect((await send('GET', link(60).replace('guarded', 'range'), {})).status).toBe(403)
    expect((await send('GET', link(60).replace('Expires=60', 'Expires=6000'), {})).status).toBe(403)
    expect((await send('PUT', link(60), {}, 'x')).status).toBe(403)
    expect((await send('GET', link(60 * 60 * 24 * 30), {})).status).toBe(400)
    const upload = link(60, new Date(), 'PUT', { 'x-amz-meta-kind': 'linked' })
    expect((await send('PUT', upload, {}, 'by link')).status).toBe(200)
    const linked = await test.s3.send(new GetObjectCommand({ Bucket, Key: 'guarded.txt' }))
    expect([await linked.Body?.transformToString(), linked.Metadata]).toEqual(['by link', { kind: 'linked' }])
  })

  it('hold behind a gateway that takes a prefix off, but not for another path that ends alike', async () => {
    await using behind = await startStorage({ REQUEST_ALLOW_X_FORWARDED_PATH: 'true' })
    await behind.client(serviceToken).createBucket('files', { public: false })
    await behind.client(serviceToken).from('files').upload('a.txt', 'a')
    const ask = (path: string, prefix: string, sentPath: string) => {
      const { host: _, ...headers } = signedHeaders(
        { ...s3Keys, region: 'local' },
        {
          method: 'GET',
          host: 'silo.example:8000',
          path,
          query: [],
          headers: {},
          payload: 'UNSIGNED-PAYLOAD',
        },
      )
      return behind.fetch(sentPath, {
        token: '',
        headers: {
          ...headers,
          'x-forwarded-prefix': prefix,
          'x-forwarded-host': 'silo.example',
          'x-forwarded-port': '8000',
        },
      })
    }
    const fine = await ask('/storage/v1/s3/files/a.txt', '/storage/v1/', '/s3/files/a.txt')
    expect([fine.status, await fine.text()]).toEqual([200, 'a'])
    expect((await ask('/s3/mine/s3/files/a.txt', '/s3/mine', '/s3/files/a.txt')).status).toBe(403)
  })
})
