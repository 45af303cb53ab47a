// What requests about vectors must look like, with the limits of S3 Vectors.

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const vectorBucketName = text
const indexName = {
  type: 'string',
  minLength: 3,
  maxLength: 45,
  pattern: '^[a-z0-9](?:[a-z0-9.-]{1,61})?[a-z0-9]$',
} as const
const key = { type: 'string', minLength: 1, maxLength: 1024 } as const
const floats = {
  type: 'object',
  properties: { float32: { type: 'array', minItems: 1, maxItems: 4096, items: { type: 'number' } } },
  required: ['float32'],
} as const
const page = {
  maxResults: { type: 'integer', minimum: 1, maximum: 500 },
  nextToken: text,
  prefix: text,
} as const

export const bucketBody = body({ vectorBucketName }, ['vectorBucketName'])
export const bucketListBody = body(page, [])
export const indexBody = body({ vectorBucketName, indexName }, ['vectorBucketName', 'indexName'])
export const indexListBody = body({ vectorBucketName, ...page }, ['vectorBucketName'])

export const newIndexBody = body(
  {
    vectorBucketName,
    indexName,
    dataType: { type: 'string', enum: ['float32'] },
    dimension: { type: 'integer', minimum: 1, maximum: 4096 },
    distanceMetric: { type: 'string', enum: ['cosine', 'euclidean'] },
    metadataConfiguration: {
      type: 'object',
      properties: {
        nonFilterableMetadataKeys: {
          type: 'array',
          minItems: 1,
          maxItems: 10,
          uniqueItems: true,
          items: { type: 'string', minLength: 1, maxLength: 63 },
        },
      },
      required: ['nonFilterableMetadataKeys'],
    },
  },
  ['dataType', 'dimension', 'distanceMetric', 'indexName', 'vectorBucketName'],
)

export const putBody = body(
  {
    vectorBucketName,
    indexName,
    vectors: {
      type: 'array',
      minItems: 1,
      maxItems: 500,
      items: {
        type: 'object',
        properties: { key, data: floats, metadata: { type: 'object' } },
        required: ['data', 'key'],
      },
    },
  },
  ['vectorBucketName', 'indexName', 'vectors'],
)

export const getBody = body(
  { vectorBucketName, indexName, keys: keys(100), returnData: flag, returnMetadata: flag },
  ['indexName', 'keys', 'vectorBucketName'],
)

export const deleteBody = body({ vectorBucketName, indexName, keys: keys(500) }, [
  'vectorBucketName',
  'indexName',
  'keys',
])

export const listBody = body(
  {
    vectorBucketName,
    indexName,
    maxResults: { type: 'integer', minimum: 1, maximum: 1000 },
    nextToken: text,
    returnData: flag,
    returnMetadata: flag,
    segmentCount: { type: 'integer', minimum: 1, maximum: 16 },
    segmentIndex: { type: 'integer', minimum: 0, maximum: 15 },
  },
  ['vectorBucketName', 'indexName'],
)

export const queryBody = body(
  {
    vectorBucketName,
    indexName,
    queryVector: floats,
    topK: { type: 'integer', minimum: 1, maximum: 100 },
    // Its own rules say what is wrong with it, and the types of its values must stay as they are.
    filter: { type: 'object', additionalProperties: true },
    returnDistance: flag,
    returnMetadata: flag,
  },
  ['vectorBucketName', 'indexName', 'queryVector', 'topK'],
)

function keys(maxItems: number) {
  return { type: 'array', minItems: 1, maxItems, items: key } as const
}

function body(properties: object, required: readonly string[]) {
  return { type: 'object', properties, required } as const
}
