import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anonToken, serviceToken, startStorage, type TestStorage, userToken } from '../testing/storage.ts'

// Vector buckets: with the official client, and by hand where it would not say such a thing.

let storage: TestStorage
beforeAll(async () => {
  storage = await startStorage({ VECTOR_MAX_BUCKETS: '4', VECTOR_MAX_INDEXES: '3' })
})
afterAll(() => storage?.[Symbol.asyncDispose]())

const vectors = () => storage.client(serviceToken).vectors

/** Sends a request and says what comes back. */
async function ask(name: string, body: object, token = serviceToken) {
  const response = await storage.fetch(`/vector/${name}`, {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, ...(text === '' ? {} : JSON.parse(text)) }
}

async function filled(metric: 'cosine' | 'euclidean', hidden: string[] = []) {
  const vectorBucketName = 'shared'
  const indexName = `i-${randomUUID().slice(0, 8)}`
  await ask('CreateVectorBucket', { vectorBucketName })
  const index = { vectorBucketName, indexName, dataType: 'float32', dimension: 2, distanceMetric: metric }
  const configured = hidden.length > 0 ? { metadataConfiguration: { nonFilterableMetadataKeys: hidden } } : {}
  expect(await ask('CreateIndex', { ...index, ...configured })).toEqual({ status: 200 })
  const place = { vectorBucketName, indexName }
  const put = await ask('PutVectors', {
    ...place,
    vectors: [
      { key: 'east', data: { float32: [1, 0] }, metadata: { kind: 'axis', size: 1, tags: ['x', 'y'] } },
      { key: 'north', data: { float32: [0, 2] }, metadata: { kind: 'axis', size: 2 } },
      { key: 'between', data: { float32: [0.1, 0.1] }, metadata: { kind: 'other', open: true } },
    ],
  })
  expect(put).toEqual({ status: 200 })
  return {
    place,
    query: (more: object) =>
      ask('QueryVectors', { ...place, queryVector: { float32: [1, 0] }, topK: 10, ...more }),
    async [Symbol.asyncDispose]() {
      await ask('DeleteIndex', place)
    },
  }
}
const keysOf = (answer: { vectors?: { key: string }[] }) => answer.vectors?.map(({ key }) => key)

it('the official client makes, fills, asks, lists and removes', async () => {
  expect((await vectors().createBucket('client')).error).toBeNull()
  const bucket = vectors().from('client')
  const made = await bucket.createIndex({
    indexName: 'words',
    dataType: 'float32',
    dimension: 3,
    distanceMetric: 'cosine',
  })
  expect(made.error).toBeNull()
  expect((await bucket.getIndex('words')).data?.index).toMatchObject({
    indexName: 'words',
    vectorBucketName: 'client',
    dimension: 3,
    distanceMetric: 'cosine',
    creationTime: expect.any(Number),
  })
  expect((await bucket.listIndexes()).data?.indexes.map(index => index.indexName)).toEqual(['words'])
  const index = bucket.index('words')
  const put = await index.putVectors({
    vectors: [
      { key: 'a', data: { float32: [1, 0, 0] }, metadata: { from: 'here' } },
      { key: 'b', data: { float32: [0, 1, 0] } },
    ],
  })
  expect(put.error).toBeNull()
  expect(
    (await index.getVectors({ keys: ['a', 'none'], returnData: true, returnMetadata: true })).data,
  ).toEqual({
    vectors: [{ key: 'a', data: { float32: [1, 0, 0] }, metadata: { from: 'here' } }],
  })
  const found = await index.queryVectors({
    queryVector: { float32: [0, 2, 0] },
    topK: 1,
    returnDistance: true,
  })
  expect(found.data).toEqual({ vectors: [{ key: 'b', distance: 0 }], distanceMetric: 'cosine' })
  expect((await index.deleteVectors({ keys: ['a'] })).error).toBeNull()
  expect((await index.listVectors()).data?.vectors).toEqual([{ key: 'b' }])
  expect((await vectors().deleteBucket('client')).error).toMatchObject({
    message: 'Vector Bucket "client" not empty',
  })
  expect((await bucket.deleteIndex('words')).error).toBeNull()
  expect((await vectors().deleteBucket('client')).error).toBeNull()
  expect((await vectors().getBucket('client')).error).toMatchObject({
    message: 'resource "client" not found',
  })
  const { rows } = await storage.admin.query('select count(*)::int as left from storage.vectors')
  expect(rows).toEqual([{ left: 0 }])
})

describe('a query', () => {
  it('answers nearest first, by the direction or by the distance', async () => {
    await using cosine = await filled('cosine')
    expect(await cosine.query({ returnDistance: true })).toMatchObject({
      vectors: [
        { key: 'east', distance: 0 },
        { key: 'between', distance: expect.closeTo(1 - Math.SQRT1_2, 6) },
        { key: 'north', distance: 1 },
      ],
      distanceMetric: 'cosine',
    })
    await using euclidean = await filled('euclidean')
    expect(await euclidean.query({ topK: 2, returnDistance: true })).toMatchObject({
      vectors: [
        { key: 'east', distance: 0 },
        { key: 'between', distance: expect.closeTo(Math.hypot(0.9, 0.1), 6) },
      ],
    })
    expect(keysOf(await euclidean.query({}))).toEqual(['east', 'between', 'north'])
    expect((await euclidean.query({})).vectors[0]).toEqual({ key: 'east' })
  })

  it.each([
    [{ kind: 'axis' }, ['east', 'north']],
    [{ kind: { $ne: 'axis' } }, ['between']],
    [{ size: { $gt: 1 } }, ['north']],
    [{ size: { $gte: 1, $lt: 2 } }, ['east']],
    [{ kind: { $gt: 0 } }, []],
    [{ size: '1' }, []],
    [{ tags: 'y' }, ['east']],
    [{ tags: { $in: ['z', 'x'] } }, ['east']],
    [{ kind: { $nin: ['axis'] } }, ['between']],
    [{ open: true }, ['between']],
    [{ size: { $exists: false } }, ['between']],
    [{ $or: [{ open: true }, { size: { $lte: 1 } }] }, ['east', 'between']],
    [{ $and: [{ kind: 'axis' }, { $or: [{ size: 2 }, { size: 3 }] }] }, ['north']],
    [{ "kind' or true --": 'x' }, []],
  ])('filters by %j', async (filter, expected) => {
    await using index = await filled('cosine')
    expect(keysOf(await index.query({ filter }))).toEqual(expected)
  })

  it.each([
    [{ secret: 'x' }, 'The metadata field "secret" is not filterable'],
    [{}, 'Filter must have at least one clause'],
    [{ size: { $gt: 'many' } }, '$gt requires a number for "size"'],
    [{ size: { $near: 1 } }, 'Unsupported field operator: $near'],
    [{ $and: [] }, '$and requires a non-empty array'],
    [{ $or: [{ a: 1 }], b: 2 }, 'A logical operator must be the only key of its object'],
    [{ $not: { a: 1 } }, 'Unexpected operator "$not" in the place of a field'],
    [{ a: null }, 'Filter values must be strings, numbers or booleans'],
  ])('refuses the filter %j', async (filter, message) => {
    await using index = await filled('cosine', ['secret'])
    expect(await index.query({ filter })).toMatchObject({ status: 400, code: 'InvalidParameter', message })
  })

  it('looks at every vector, a page at a time', async () => {
    const place = { vectorBucketName: 'shared', indexName: 'many' }
    await ask('CreateVectorBucket', { vectorBucketName: 'shared' })
    const shape = { dataType: 'float32', dimension: 4096, distanceMetric: 'euclidean' }
    await ask('CreateIndex', { ...place, ...shape })
    await storage.admin.query(`
      insert into storage.vectors (index_id, key, embedding)
      select i.id, 'k' || lpad(n::text, 3, '0'), repeat('\\000', 16380)::bytea || decode(case when n = 150 then '0000803f' else '00000040' end, 'hex')
      from storage.vector_indexes i, generate_series(1, 200) n where i.name = 'many'`)
    const queryVector = { float32: Array(4096).fill(0) }
    expect(keysOf(await ask('QueryVectors', { ...place, queryVector, topK: 3 }))).toEqual([
      'k150',
      'k001',
      'k002',
    ])
    await ask('DeleteIndex', place)
  })
})

it('lists come in pages and in parts', async () => {
  await using index = await filled('cosine')
  const first = await ask('ListVectors', { ...index.place, maxResults: 2 })
  expect(first).toMatchObject({ vectors: [{ key: 'between' }, { key: 'east' }], nextToken: 'east' })
  const second = await ask('ListVectors', {
    ...index.place,
    maxResults: 2,
    nextToken: 'east',
    returnData: true,
  })
  expect(second).toEqual({ status: 200, vectors: [{ key: 'north', data: { float32: [0, 2] } }] })
  const parts = await Promise.all(
    [0, 1].map(segmentIndex => ask('ListVectors', { ...index.place, segmentCount: 2, segmentIndex })),
  )
  expect(parts.flatMap(part => keysOf(part)).toSorted()).toEqual(['between', 'east', 'north'])
  expect(await ask('ListVectors', { ...index.place, segmentCount: 2 })).toMatchObject({ status: 400 })
  const buckets = await ask('ListVectorBuckets', { prefix: 'sha', maxResults: 1 })
  expect(buckets.vectorBuckets).toEqual([{ vectorBucketName: 'shared', creationTime: expect.any(Number) }])
})

it('a vector that is put again is replaced, and 32-bit numbers come back as they were written', async () => {
  await using index = await filled('cosine')
  await ask('PutVectors', { ...index.place, vectors: [{ key: 'east', data: { float32: [0.1, -3.25e-7] } }] })
  const got = await ask('GetVectors', {
    ...index.place,
    keys: ['east'],
    returnData: true,
    returnMetadata: true,
  })
  expect(got.vectors).toEqual([{ key: 'east', data: { float32: [0.1, -3.25e-7] }, metadata: {} }])
})

it('what cannot be is refused, with the status that it means', async () => {
  await using index = await filled('cosine')
  const { place } = index
  const put = (...vectors: object[]) => ask('PutVectors', { ...place, vectors })
  const one = { key: 'k', data: { float32: [1, 2] } }
  expect(await put({ ...one, data: { float32: [1] } })).toMatchObject({
    status: 400,
    code: 'InvalidParameter',
    message: expect.stringContaining('expected 2, got 1'),
  })
  expect(await put(one, one)).toMatchObject({
    status: 400,
    message: 'Request must not contain duplicate keys',
  })
  expect(await put({ ...one, metadata: { deep: { er: 1 } } })).toMatchObject({ status: 400 })
  expect(await put({ ...one, data: { float32: [1e39, 1] } })).toMatchObject({ status: 400 })
  expect(await put({ ...one, key: '\0' })).toMatchObject({ status: 400 })
  expect(await put()).toMatchObject({ status: 400, code: 'InvalidRequest' })
  expect(await index.query({ topK: 101 })).toMatchObject({ status: 400 })
  expect(await index.query({ queryVector: { float32: [1] } })).toMatchObject({ status: 400 })
  expect(await ask('CreateVectorBucket', { vectorBucketName: 'shared' })).toEqual({
    status: 409,
    statusCode: '409',
    error: 'ConflictException',
    message: 'vector bucket "shared" already exists',
    code: 'ConflictException',
  })
  const shape = { dataType: 'float32', dimension: 2, distanceMetric: 'cosine' }
  expect(await ask('CreateIndex', { ...place, ...shape })).toMatchObject({ status: 409 })
  expect(await ask('CreateIndex', { ...place, ...shape, vectorBucketName: 'none' })).toMatchObject({
    status: 404,
    code: 'NotFoundException',
  })
  expect(await ask('CreateIndex', { ...place, ...shape, indexName: 'Not This' })).toMatchObject({
    status: 400,
  })
  expect(await ask('PutVectors', { ...place, indexName: 'absent', vectors: [one] })).toMatchObject({
    status: 404,
    message: 'resource "absent" not found',
  })
})

it('as many buckets and indexes as the settings say', async () => {
  for (const name of ['shared', 'b2', 'b3', 'b4']) await ask('CreateVectorBucket', { vectorBucketName: name })
  expect(await ask('CreateVectorBucket', { vectorBucketName: 'b5' })).toMatchObject({
    code: 'S3VectorMaxBucketsExceeded',
  })
  const shape = { vectorBucketName: 'b2', dataType: 'float32', dimension: 2, distanceMetric: 'cosine' }
  for (const indexName of ['one', 'two', 'three']) await ask('CreateIndex', { ...shape, indexName })
  expect(await ask('CreateIndex', { ...shape, indexName: 'four' })).toMatchObject({
    code: 'S3VectorMaxIndexesExceeded',
  })
})

it('they are for the service role alone, in the database too', async () => {
  for (const token of [anonToken, userToken(randomUUID())])
    expect(await ask('ListVectorBuckets', {}, token)).toMatchObject({
      status: 403,
      message: 'Access denied: Invalid role',
    })
  expect(await ask('ListVectorBuckets', {}, '')).toMatchObject({ status: 403, code: 'AccessDenied' })
  const { rows } = await storage.admin.query(`
    select role, has_table_privilege(role, 'storage.vectors', 'select') as may
    from unnest(array['anon', 'authenticated', 'service_role']) as role`)
  expect(rows.every(row => row.may === false)).toBe(true)
})

it('are refused by name when they are switched off', async () => {
  await using off = await startStorage({ VECTOR_ENABLED: 'false' })
  const response = await off.fetch('/vector/ListVectorBuckets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(response.status).toBe(409)
  expect(await response.json()).toMatchObject({
    code: 'NotSupported',
    message: expect.stringContaining('vectorBuckets'),
  })
})
