import { imageOptionsSchema } from '../images/options.ts'

// What requests must look like. The validator's own sentences are part of the API: clients read them.

export const authorized = {
  type: 'object',
  properties: { authorization: { type: 'string' } },
  required: ['authorization'],
} as const

export const bucketBody = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    id: { type: 'string' },
    public: { type: 'boolean' },
    type: { type: 'string', enum: ['STANDARD', 'ANALYTICS'] },
    file_size_limit: {
      anyOf: [
        { type: 'integer', nullable: true, minimum: 0 },
        { type: 'string', nullable: true },
      ],
    },
    allowed_mime_types: { type: 'array', nullable: true, items: { type: 'string' } },
    versioning_status: { type: 'string', enum: ['DISABLED', 'ENABLED', 'SUSPENDED'] },
  },
} as const

export const bucketListQuery = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1 },
    offset: { type: 'integer', minimum: 0 },
    sortColumn: { type: 'string', enum: ['id', 'name', 'created_at', 'updated_at'] },
    sortOrder: { type: 'string', enum: ['asc', 'desc'] },
    search: { type: 'string' },
  },
} as const

const sortOrder = { type: 'string', enum: ['asc', 'desc'] } as const

export const listBody = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', minimum: 1 },
    offset: { type: 'integer', minimum: 0 },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: ['name', 'updated_at', 'created_at', 'last_accessed_at'] },
        order: sortOrder,
      },
      required: ['column'],
    },
    search: { type: 'string' },
  },
  required: ['prefix'],
} as const

export const listV2Body = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', minimum: 1 },
    cursor: { type: 'string' },
    with_delimiter: { type: 'boolean' },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: ['name', 'updated_at', 'created_at'] },
        order: sortOrder,
      },
      required: ['column'],
    },
  },
} as const

export const moveBody = {
  type: 'object',
  properties: {
    bucketId: { type: 'string' },
    sourceKey: { type: 'string' },
    destinationBucket: { type: 'string' },
    destinationKey: { type: 'string' },
    sourceVersionId: { type: 'string' },
  },
  required: ['bucketId', 'sourceKey', 'destinationKey'],
} as const

export const copyBody = {
  type: 'object',
  properties: {
    ...moveBody.properties,
    metadata: {
      type: 'object',
      properties: {
        cacheControl: { type: 'string' },
        mimetype: { type: 'string' },
        contentEncoding: { type: 'string' },
      },
    },
    copyMetadata: { type: 'boolean' },
  },
  required: ['sourceKey', 'bucketId', 'destinationKey'],
} as const

export const removeBody = {
  type: 'object',
  properties: {
    prefixes: {
      type: 'array',
      minItems: 1,
      items: {
        anyOf: [
          { type: 'string' },
          {
            type: 'object',
            properties: { path: { type: 'string' }, versionId: { type: 'string' } },
            required: ['path'],
          },
        ],
      },
    },
  },
  required: ['prefixes'],
} as const

export const signBody = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', minimum: 1 },
    transform: { type: 'object', properties: imageOptionsSchema },
    versionId: { type: 'string' },
  },
  required: ['expiresIn'],
} as const

export const signManyBody = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', minimum: 1 },
    paths: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
  required: ['expiresIn', 'paths'],
} as const

export const tokenQuery = {
  type: 'object',
  properties: { token: { type: 'string' }, download: { type: 'string' } },
  required: ['token'],
} as const
