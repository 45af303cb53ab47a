import { HangarError } from '#kernel'

/** What an error of this service carries besides its message: the words of the storage API. */
interface StorageErrorDetails {
  /** The API's own code, e.g. `NoSuchKey`. */
  readonly storageCode: string
  /** The API's `error` field. Default: the code. */
  readonly error?: string
  /** Status in the body and for S3; REST answers most of them with 400. */
  readonly status: number
  /** Status of the REST answer where it is not the usual one. */
  readonly replyStatus?: number
  readonly resource?: string
  readonly cause?: unknown
}

/** An error that REST, TUS and S3 each render in their own form. */
export class StorageError extends HangarError {
  readonly storageCode: string
  readonly error: string
  readonly replyStatus: number
  readonly resource: string | undefined

  constructor(message: string, details: StorageErrorDetails) {
    super(message, {
      code: `HGR_STORAGE_${details.storageCode.replaceAll(/(?<=[a-z0-9])[A-Z]/g, '_$&').toUpperCase()}`,
      status: details.status,
      cause: details.cause,
    })
    this.storageCode = details.storageCode
    this.error = details.error ?? details.storageCode
    this.replyStatus = details.replyStatus ?? (details.status === 500 ? 500 : 400)
    this.resource = details.resource
  }
}

const make = (
  message: string,
  storageCode: string,
  status: number,
  more: Partial<StorageErrorDetails> = {},
) => new StorageError(message, { storageCode, status, ...more })

export const errors = {
  noSuchBucket: (bucket: string) =>
    make('Bucket not found', 'NoSuchBucket', 404, { error: 'Bucket not found', resource: bucket }),
  noSuchKey: (key: string) =>
    make('Object not found', 'NoSuchKey', 404, { error: 'not_found', resource: key }),
  noSuchVersion: (key: string) =>
    make('The specified version does not exist', 'NoSuchVersion', 404, { resource: key }),
  noSuchUpload: (id: string) => make('Upload not found', 'NoSuchUpload', 404, { resource: id }),
  bucketNotEmpty: (bucket: string) =>
    make('The bucket you tried to delete is not empty', 'ResourceNotEmpty', 409, { resource: bucket }),
  /** The same in the words of S3. */
  s3BucketNotEmpty: (bucket: string) =>
    make('The bucket you tried to delete is not empty', 'BucketNotEmpty', 409, { resource: bucket }),
  bucketExists: (bucket: string) =>
    make('The resource already exists', 'BucketAlreadyExists', 409, { error: 'Duplicate', resource: bucket }),
  keyExists: (key: string) =>
    make('The resource already exists', 'KeyAlreadyExists', 409, { error: 'Duplicate', resource: key }),
  resourceExists: (cause?: unknown) =>
    make('The resource already exists', 'ResourceAlreadyExists', 409, { error: 'Duplicate', cause }),
  relatedMissing: (cause?: unknown) =>
    make('The related resource does not exist', 'InvalidRequest', 404, { cause }),
  wrongRole: () =>
    make('Access denied: Invalid role', 'AccessDenied', 403, { error: 'Unauthorized', replyStatus: 403 }),
  accessDenied: (message = 'Access denied', cause?: unknown) =>
    make(message, 'AccessDenied', 403, { error: 'Unauthorized', cause }),
  invalidJwt: (message: string) => make(message, 'InvalidJWT', 400),
  signatureMismatch: (
    message = 'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ) => make(message, 'SignatureDoesNotMatch', 403),
  requestTooSkewed: () =>
    make(
      'The difference between the request time and the current time is too large.',
      'RequestTimeTooSkewed',
      403,
    ),
  invalidSignature: (message = 'Invalid signature') => make(message, 'InvalidSignature', 400),
  expiredSignature: () => make('The provided token has expired.', 'ExpiredToken', 400),
  invalidBucketName: (bucket: string) =>
    make('Bucket name invalid', 'InvalidBucketName', 400, { error: 'Invalid Input', resource: bucket }),
  invalidKey: (key: string) => make(`Invalid key: ${key}`, 'InvalidKey', 400, { resource: key }),
  invalidMimeType: (mime: string) =>
    make(`mime type ${mime} is not supported`, 'InvalidMimeType', 415, { error: 'invalid_mime_type' }),
  invalidFileSizeLimit: () =>
    make('Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B', 'InvalidRequest', 400),
  invalidRange: () =>
    make('invalid range provided', 'InvalidRange', 416, { error: 'invalid_range', replyStatus: 416 }),
  invalidSourceRange: () => make('invalid range provided', 'InvalidRange', 400, { error: 'invalid_range' }),
  preconditionFailed: () =>
    make('At least one of the pre-conditions you specified did not hold', 'PreconditionFailed', 412, {
      replyStatus: 412,
    }),
  invalidRobots: (why: string) =>
    make(`Invalid X-Robots-Tag header: ${why}`, 'InvalidRequest', 400, { error: 'invalid_x_robots_tag' }),
  invalidParameter: (name: string, message = `Invalid Parameter ${name}`) =>
    make(message, 'InvalidParameter', 400),
  missingParameter: (name: string) => make(`Missing Required Parameter ${name}`, 'MissingParameter', 400),
  tooLarge: (what = 'object') =>
    make(`The ${what} exceeded the maximum allowed size`, 'EntityTooLarge', 413, {
      error: 'Payload too large',
    }),
  invalidRequest: (message: string) => make(message, 'InvalidRequest', 400),
  invalidUploadId: (message = 'Invalid upload id') => make(message, 'InvalidUploadId', 400),
  missingContentLength: () =>
    make('You must provide the Content-Length HTTP header.', 'MissingContentLength', 400),
  missingPart: (number: number, id: string) =>
    make(`Part ${number} is missing for upload id ${id}`, 'MissingPart', 400),
  invalidPartOrder: () =>
    make(
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
      'InvalidPartOrder',
      400,
    ),
  invalidChecksum: (message: string) => make(message, 'InvalidChecksum', 400),
  badDigest: (name: string) =>
    make(`The ${name} you specified did not match what we received.`, 'BadDigest', 400),
  contentMismatch: () =>
    make(
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      'XAmzContentSHA256Mismatch',
      400,
    ),
  incompleteBody: () =>
    make(
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
      'IncompleteBody',
      400,
    ),
  malformedXml: () =>
    make('The XML you provided was not well-formed or did not validate', 'MalformedXML', 400),
  notImplemented: (what: string) => make(`${what} is not implemented`, 'NotImplemented', 501),
  bucketTooFull: (bucket: string) =>
    make('Unable to empty the bucket because it contains too many objects', 'InvalidRequest', 409, {
      resource: bucket,
    }),
  image: (message: string, status = 400) =>
    make(message, status > 499 ? 'InternalError' : 'InvalidRequest', status),
  tus: (message: string, status: number) => make(message, 'TusError', status),
  tooSmall: () =>
    make('The object is smaller than the minimum allowed size', 'EntityTooSmall', 400, {
      error: 'Payload too small',
    }),
  invalidUploadSignature: () => make('Invalid upload Signature', 'InvalidUploadSignature', 400),
  noContent: (message = 'No content provided') => make(message, 'InvalidRequest', 400),
  aborted: () => make('The upload ended before its last byte', 'Aborted', 400),
  locked: (cause?: unknown) => make('The resource is locked', 'ResourceLocked', 423, { cause }),
  lockTimeout: (cause?: unknown) =>
    make('acquiring lock timeout', 'LockTimeout', 503, { error: 'acquiring_lock_timeout', cause }),
  databaseTimeout: (cause?: unknown) =>
    make('The connection to the database timed out', 'DatabaseTimeout', 544, { replyStatus: 544, cause }),
  tooManyConnections: (cause?: unknown) =>
    make('Too many connections issued to the database', 'SlowDown', 429, {
      error: 'too_many_connections',
      replyStatus: 429,
      cause,
    }),
  databaseReadOnly: (cause?: unknown) =>
    make('The database is currently in read-only mode. Please try again later.', 'DatabaseReadOnly', 503, {
      cause,
    }),
  policyLoop: (cause?: unknown) =>
    make('The database schema is invalid or incompatible.', 'DatabaseInvalidObjectDefinition', 503, {
      cause,
    }),
  schemaMismatch: (cause?: unknown) =>
    make(
      'The database schema is out of sync. Please run migrations or contact support.',
      'DatabaseSchemaMismatch',
      503,
      { cause },
    ),
  database: (code: string, cause?: unknown) =>
    make(`database error, code: ${code}`, 'DatabaseError', 500, { cause }),
  diskFull: (cause?: unknown) =>
    make('Storing the object failed: the disk is full; nothing was changed', 'InsufficientStorage', 507, {
      replyStatus: 507,
      cause,
    }),
  backend: (cause?: unknown) =>
    make('The object store behind the service refused or failed', 'S3Error', 502, {
      replyStatus: 502,
      cause,
    }),
  backendTimeout: () =>
    make('The object store behind the service does not answer', 'S3Error', 504, { replyStatus: 504 }),
  internal: (cause?: unknown) => make('Internal Server Error', 'InternalError', 500, { cause }),
  closing: () => make('The storage service is stopping', 'SlowDown', 503, { replyStatus: 503 }),
  featureNotEnabled: (resource: string, feature: string) =>
    make(`The feature ${feature} is not enabled for this resource`, 'FeatureNotEnabled', 409, { resource }),
  purgeFailed: (cause: unknown) => make('Error purging cache', 'InternalError', 500, { cause }),
  notSupported: (feature: string) =>
    make(`The feature ${feature} is not enabled for this resource`, 'NotSupported', 409),
  vectorConflict: (resource: string, name: string) =>
    make(`${resource} "${name}" already exists`, 'ConflictException', 409, { resource: name }),
  noSuchVectorResource: (name: string) =>
    make(`resource "${name}" not found`, 'NotFoundException', 404, { resource: name }),
  vectorBucketNotEmpty: (name: string) =>
    make(`Vector Bucket "${name}" not empty`, 'VectorBucketNotEmpty', 400, { resource: name }),
  tooManyVectorBuckets: (most: number) =>
    make(
      `Maximum number of buckets exceeded. Max allowed is ${most}; VECTOR_MAX_BUCKETS says how many.`,
      'S3VectorMaxBucketsExceeded',
      400,
    ),
  tooManyVectorIndexes: (most: number) =>
    make(
      `Maximum number of indexes exceeded. Max allowed is ${most}; VECTOR_MAX_INDEXES says how many.`,
      'S3VectorMaxIndexesExceeded',
      400,
    ),
  missingSetting: (name: string, rule: string) =>
    new HangarError(`The storage service cannot start: ${name} ${rule}`, {
      code: 'HGR_STORAGE_SETTING',
      hint: `Set ${name} in the environment of the storage app.`,
    }),
} as const
