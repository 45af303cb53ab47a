import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anonToken, startStorage, type TestStorage } from '../testing/storage.ts'

let storage: TestStorage
const json = { 'content-type': 'application/json' }
const say = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as object) })
const create = (body: object) =>
  storage.fetch('/bucket', { method: 'POST', headers: json, body: JSON.stringify(body) })
const upload = (path: string, headers: Record<string, string>, body = 'text') =>
  storage.fetch(`/object/${path}`, { method: 'POST', headers, body })

beforeAll(async () => {
  storage = await startStorage()
  await create({ name: 'open', public: true })
  await create({ name: 'strict', file_size_limit: 3, allowed_mime_types: ['image/png'] })
})
afterAll(() => storage?.[Symbol.asyncDispose]())

it('a route that is not there is said in the form of its part of the API', async () => {
  expect(await say(await storage.fetch('/object/list?x=1', { method: 'PUT' }))).toEqual({
    status: 404,
    statusCode: '404',
    error: 'Not Found',
    message: 'Route PUT:/object/list?x=1 not found',
    code: 'InvalidRequest',
  })
  expect(await say(await storage.fetch('/nowhere'))).toEqual({
    status: 404,
    statusCode: 404,
    error: 'Not Found',
    message: 'Route GET:/nowhere not found',
  })
})

it('a body of another type than JSON counts as none; a type that is none is refused', async () => {
  const plain = await storage.fetch('/bucket', {
    method: 'POST',
    headers: { 'content-type': 'application/xml' },
    body: '<a/>',
  })
  expect(await say(plain)).toMatchObject({
    status: 400,
    message: 'body must be object',
    code: 'InvalidRequest',
  })
  const none = await storage.fetch('/bucket', {
    method: 'POST',
    headers: { 'content-type': 'nonsense;;' },
    body: '{}',
  })
  expect(await say(none)).toEqual({
    status: 400,
    statusCode: '415',
    error: 'invalid_mime_type',
    message: 'Invalid Content-Type header',
    code: 'InvalidMimeType',
  })
  const large = await storage.fetch('/bucket', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name: 'x'.repeat(1_100_000) }),
  })
  expect(await say(large)).toMatchObject({ status: 413, statusCode: '413', code: 'EntityTooLarge' })
})

it('of several things that are wrong with an upload, the first of the original’s order is said', async () => {
  const robots = { 'content-type': 'text/plain', 'x-robots-tag': 'nonsense' }
  expect(await say(await upload('strict/%7B.txt', robots))).toMatchObject({ error: 'invalid_x_robots_tag' })
  expect(await say(await upload('strict/%7B.txt', { 'content-type': 'text/plain' }))).toMatchObject({
    error: 'invalid_mime_type',
    statusCode: '415',
  })
  expect(await say(await upload('strict/%7B.txt', { 'content-type': 'image/png' }))).toMatchObject({
    error: 'Payload too large',
    statusCode: '413',
  })
  expect(await say(await upload('strict/%7B.txt', { 'content-type': 'image/png' }, 'x'))).toMatchObject({
    code: 'InvalidKey',
  })
})

it('an older version is not there, and asking for one does not touch the one that is', async () => {
  await upload('open/one.txt', { 'content-type': 'text/plain' })
  const { version } = (await (await storage.fetch('/object/info/open/one.txt')).json()) as { version: string }
  const other = '00000000-0000-4000-8000-000000000000'
  for (const path of ['public/open', 'info/open', 'authenticated/open']) {
    expect((await storage.fetch(`/object/${path}/one.txt?versionId=${version}`)).status).toBe(200)
    expect(await say(await storage.fetch(`/object/${path}/one.txt?versionId=${other}`))).toMatchObject({
      code: 'NoSuchKey',
    })
  }
  const removed = await storage.fetch(`/object/open/one.txt?versionId=${other}`, { method: 'DELETE' })
  expect(await say(removed)).toMatchObject({ code: 'NoSuchKey' })
  expect((await storage.fetch('/object/public/open/one.txt')).status).toBe(200)
})

it.each([
  ['POST', '/object/list/open', { prefix: 'a\0' }],
  ['POST', '/object/list/open', { prefix: '', limit: 99_999_999_999 }],
  ['POST', '/object/list-v2/open', { prefix: '\0' }],
  ['POST', '/object/move', { bucketId: 'open', sourceKey: 'a\0', destinationKey: 'b' }],
  ['POST', '/object/sign/open', { expiresIn: 1, paths: ['a\0'] }],
  ['DELETE', '/object/open', { prefixes: ['a\0'] }],
])('what PostgreSQL cannot hold is the asker’s mistake: %s %s', async (method, path, body) => {
  const answer = await storage.fetch(path, { method, headers: json, body: JSON.stringify(body) })
  expect(await say(answer)).toMatchObject({ status: 400, code: 'InvalidParameter' })
})

it('a NUL in user metadata is refused before a byte is read', async () => {
  const metadata = Buffer.from('{"a":"\\u0000"}').toString('base64')
  const answer = await upload('open/nul.txt', { 'content-type': 'text/plain', 'x-metadata': metadata })
  expect(await say(answer)).toMatchObject({ status: 400, code: 'InvalidParameter' })
})

it('who does not see a bucket does not learn from deleting it that it is there', async () => {
  await upload('strict/.emptyFolderPlaceholder', { 'content-type': 'image/png' }, '')
  const answers = await Promise.all(
    ['strict', 'never'].map(name =>
      storage.fetch(`/bucket/${name}`, { method: 'DELETE', token: anonToken }).then(say),
    ),
  )
  expect(answers[0]).toEqual(answers[1])
  expect(answers[0]).toMatchObject({ code: 'NoSuchBucket' })
})

it('a link that outlives the calendar is still a link', async () => {
  await upload('open/long.txt', { 'content-type': 'text/plain' })
  const body = '{"expiresIn":10000000000000000}'
  const made = await storage.fetch('/object/sign/open/long.txt', { method: 'POST', headers: json, body })
  const { signedURL } = (await made.json()) as { signedURL: string }
  const answer = await storage.fetch(signedURL, { token: '' })
  expect([answer.status, answer.headers.get('expires'), await answer.text()]).toEqual([200, null, 'text'])
})

it('bytes that somebody took from the disk are said to be missing', async () => {
  await upload('open/lost.txt', { 'content-type': 'text/plain' })
  await storage.admin.query(
    "update storage.objects set version = '00000000-0000-4000-8000-000000000000' where name = 'lost.txt'",
  )
  const answer = await storage.fetch('/object/public/open/lost.txt')
  expect([answer.headers.get('cache-control'), await say(answer)]).toEqual([
    'no-store',
    {
      status: 400,
      statusCode: '404',
      error: 'Not found',
      message: 'The resource was not found',
      code: 'NoSuchKey',
    },
  ])
})

it('parts of the API that are not here say which they are', async () => {
  expect(await say(await create({ name: 'numbers', type: 'ANALYTICS' }))).toMatchObject({
    status: 400,
    statusCode: '409',
    code: 'NotSupported',
    message: 'The feature icebergCatalog is not enabled for this resource',
  })
  expect(await say(await storage.fetch('/iceberg/v1/config'))).toMatchObject({ code: 'NotSupported' })
  expect(await say(await storage.fetch('/bucket/open/lifecycle'))).toMatchObject({
    statusCode: '409',
    code: 'FeatureNotEnabled',
    message: 'The feature object lifecycles is not enabled for this resource',
  })
})

describe('purging the cache in front', () => {
  const asked: { url: string | undefined; headers: IncomingHttpHeaders; body: unknown }[] = []
  let status = 200
  const cache = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    asked.push({ url: request.url, headers: request.headers, body })
    response.writeHead(status).end()
  })
  let behind: TestStorage
  beforeAll(async () => {
    cache.listen(0, '127.0.0.1')
    await once(cache, 'listening')
    behind = await startStorage({
      CDN_PURGE_ENDPOINT_URL: `http://127.0.0.1:${(cache.address() as AddressInfo).port}/cdn/?a=1`,
      CDN_PURGE_ENDPOINT_KEY: 'purge-key',
    })
  })
  afterAll(async () => {
    await behind?.[Symbol.asyncDispose]()
    cache.close()
  })
  const purge = (path: string, token?: string) =>
    behind.fetch(path, { method: 'DELETE', ...(token && { token }) })

  it('names what must go: an object, a bucket, all of it, or only their images', async () => {
    for (const path of ['/cdn/b/a/b.png', '/cdn/b/a.png?transformations=true', '/cdn/b', '/cdn/'])
      expect(await say(await purge(path))).toEqual({ status: 200, message: 'success', statusCode: '200' })
    expect(asked.map(({ body }) => body)).toEqual([
      { type: 'object', tenant: { ref: 'test' }, bucketId: 'b', objectName: 'a/b.png' },
      { type: 'object-transforms', tenant: { ref: 'test' }, bucketId: 'b', objectName: 'a.png' },
      { type: 'bucket', tenant: { ref: 'test' }, bucketId: 'b' },
      { type: 'tenant', tenant: { ref: 'test' } },
    ])
    expect(asked[0]).toMatchObject({ url: '/cdn/purge', headers: { authorization: 'Bearer purge-key' } })
  })

  it('is for the service role, and says when the cache fails or there is none', async () => {
    expect(await say(await purge('/cdn/b/a.png', anonToken))).toEqual({
      status: 403,
      statusCode: '403',
      error: 'Unauthorized',
      code: 'AccessDenied',
      message: 'Access denied: Invalid role',
    })
    status = 500
    expect(await say(await purge('/cdn/b/a.png'))).toMatchObject({
      status: 500,
      message: 'Error purging cache',
      code: 'InternalError',
    })
    expect(await say(await storage.fetch('/cdn/b/a.png', { method: 'DELETE' }))).toMatchObject({
      status: 400,
      code: 'MissingParameter',
      message: 'Missing Required Parameter CDN_PURGE_ENDPOINT_URL is not set',
    })
  })
})
