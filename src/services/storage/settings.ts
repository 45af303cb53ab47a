import type { ServiceContext } from '#http'
import { errors } from './errors.ts'
import type { RemoteSettings } from './files/remote/client.ts'

export interface StorageSettings {
  readonly port: number
  readonly tenantId: string
  readonly region: string
  readonly version: string
  readonly databaseUrl: string
  readonly maxConnections: number
  /** An idle connection is closed after this. */
  readonly idleConnectionMs: number
  readonly jwtSecret: string
  readonly jwtAlgorithm: string
  /** Further keys that sign users' tokens, as a JWK set. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | undefined
  readonly serviceKey: string
  readonly anonKey: string | undefined
  readonly serviceRole: string
  readonly anonRole: string
  /** Whether roles that the database lacks are made. */
  readonly installRoles: boolean
  /** Bytes of one object; a bucket may set less. */
  readonly fileSizeLimit: number
  readonly standardFileSizeLimit: number
  /** Folder of the file backend; with another backend, where unfinished uploads are kept. */
  readonly directory: string | undefined
  /** The S3-compatible store that has the bytes instead. */
  readonly remote: RemoteSettings | undefined
  /** A bucket with more objects is not emptied at once. */
  readonly emptyBucketMax: number
  readonly etagAlgorithm: 'md5' | 'mtime'
  readonly signedUploadSeconds: number
  readonly sharedMaxAgeSeconds: number
  /** How long caches may serve what is stale: while they ask again, and when they get no answer. 0: no word of it. */
  readonly staleWhileRevalidateSeconds: number
  readonly staleIfErrorSeconds: number
  /** Whom to tell that cached copies must go. */
  readonly purge: { readonly url: URL; readonly key: string | undefined } | undefined
  readonly tusPath: string
  readonly tusExpiryMs: number
  readonly imageTransformation: boolean
  /** Smallest and largest edge of a rendered image, in pixels. */
  readonly imageEdge: { readonly min: number; readonly max: number }
  /** Where clients reach this service; what is signed and what links say. */
  readonly publicUrl: URL | undefined
  /** Believe `X-Forwarded-Prefix`: the gateway in front sets it. */
  readonly trustForwardedPrefix: boolean
  /** Vector buckets; how many there may be, and how many indexes in each. */
  readonly vectors: { readonly enabled: boolean; readonly maxBuckets: number; readonly maxIndexes: number }
  readonly s3: {
    readonly enabled: boolean
    readonly prefix: string
    readonly accessKeyId: string | undefined
    readonly secretAccessKey: string | undefined
    readonly enforceRegion: boolean
    readonly trustForwardedHost: boolean
    /** A further header that may say which host the client signed. */
    readonly hostHeader: string | undefined
  }
}

/** Reads the variables of `supabase/storage-api`, newer names first. Throws a user error that names the variable and the rule. */
export function readSettings(env: ServiceContext['env']): StorageSettings {
  const text = (...names: string[]) => names.map(name => env[name]).find(value => value)
  const required = (...names: string[]) => {
    const value = text(...names)
    if (value === undefined) throw errors.missingSetting(names.join(' or '), 'is not set')
    return value
  }
  const number = (fallback: number, ...names: string[]) => {
    const value = text(...names)
    if (value === undefined) return fallback
    const parsed = Number(value)
    if (!Number.isFinite(parsed) || parsed < 0)
      throw errors.missingSetting(names[0] ?? '', `must be a number, not "${value}"`)
    return parsed
  }
  const backend = text('STORAGE_BACKEND') ?? 'file'
  if (backend !== 'file' && backend !== 's3') {
    throw errors.missingSetting('STORAGE_BACKEND', `must be "file" or "s3", not "${backend}"`)
  }
  const region = text('STORAGE_S3_REGION', 'SERVER_REGION', 'REGION') ?? 'not-specified'
  const remote = backend === 's3' ? readRemote({ text, required, number, region }) : undefined
  return Object.freeze({
    port: number(5000, 'SERVER_PORT', 'PORT'),
    tenantId: safeTenant(text('PROJECT_REF', 'TENANT_ID') ?? 'storage-single-tenant'),
    region,
    version: text('VERSION') ?? '0.0.0',
    databaseUrl: required('DATABASE_POOL_URL', 'DATABASE_URL'),
    maxConnections: Math.max(2, Math.min(number(8, 'DATABASE_MAX_CONNECTIONS'), 20)),
    idleConnectionMs: number(5_000, 'DATABASE_FREE_POOL_AFTER_INACTIVITY'),
    jwtSecret: required('AUTH_JWT_SECRET', 'PGRST_JWT_SECRET'),
    jwtAlgorithm: text('AUTH_JWT_ALGORITHM', 'PGRST_JWT_ALGORITHM') ?? 'HS256',
    jwks: parseJwks(text('AUTH_JWT_JWKS', 'JWT_JWKS')),
    serviceKey: text('SERVICE_KEY') ?? '',
    anonKey: text('ANON_KEY'),
    serviceRole: text('DB_SERVICE_ROLE') ?? 'service_role',
    anonRole: text('DB_ANON_ROLE') ?? 'anon',
    installRoles: text('DB_INSTALL_ROLES') !== 'false',
    fileSizeLimit: number(50 * 1024 * 1024, 'UPLOAD_FILE_SIZE_LIMIT', 'FILE_SIZE_LIMIT'),
    standardFileSizeLimit: number(0, 'UPLOAD_FILE_SIZE_LIMIT_STANDARD', 'FILE_SIZE_LIMIT_STANDARD_UPLOAD'),
    directory: remote
      ? text('STORAGE_FILE_BACKEND_PATH', 'FILE_STORAGE_BACKEND_PATH')
      : required('STORAGE_FILE_BACKEND_PATH', 'FILE_STORAGE_BACKEND_PATH'),
    remote,
    emptyBucketMax: number(200_000, 'STORAGE_EMPTY_BUCKET_MAX'),
    etagAlgorithm: text('STORAGE_FILE_ETAG_ALGORITHM') === 'mtime' ? 'mtime' : 'md5',
    signedUploadSeconds: number(60, 'UPLOAD_SIGNED_URL_EXPIRATION_TIME', 'SIGNED_UPLOAD_URL_EXPIRATION_TIME'),
    sharedMaxAgeSeconds: number(0, 'RESPONSE_S_MAXAGE'),
    staleWhileRevalidateSeconds: number(0, 'RESPONSE_STALE_WHILE_REVALIDATE'),
    staleIfErrorSeconds: number(0, 'RESPONSE_STALE_IF_ERROR'),
    purge: purgeOf(text('CDN_PURGE_ENDPOINT_URL'), text('CDN_PURGE_ENDPOINT_KEY')),
    tusPath: text('TUS_URL_PATH') ?? '/upload/resumable',
    tusExpiryMs: number(60 * 60 * 1000, 'TUS_URL_EXPIRY_MS'),
    imageEdge: {
      min: number(1, 'IMAGE_TRANSFORMATION_LIMIT_MIN_SIZE', 'IMG_LIMITS_MIN_SIZE'),
      max: number(2000, 'IMAGE_TRANSFORMATION_LIMIT_MAX_SIZE', 'IMG_LIMITS_MAX_SIZE'),
    },
    publicUrl: parseUrl('STORAGE_PUBLIC_URL', text('STORAGE_PUBLIC_URL')),
    trustForwardedPrefix: text('REQUEST_ALLOW_X_FORWARDED_PATH') === 'true',
    imageTransformation: text('IMAGE_TRANSFORMATION_ENABLED', 'ENABLE_IMAGE_TRANSFORMATION') === 'true',
    vectors: {
      enabled: text('VECTOR_ENABLED') !== 'false',
      maxBuckets: number(10, 'VECTOR_MAX_BUCKETS'),
      maxIndexes: number(20, 'VECTOR_MAX_INDEXES'),
    },
    s3: {
      enabled: text('S3_PROTOCOL_ENABLED') !== 'false',
      prefix: text('S3_PROTOCOL_PREFIX') ?? '',
      accessKeyId: text('S3_PROTOCOL_ACCESS_KEY_ID'),
      secretAccessKey: text('S3_PROTOCOL_ACCESS_KEY_SECRET'),
      enforceRegion: text('S3_PROTOCOL_ENFORCE_REGION') === 'true',
      trustForwardedHost: text('S3_ALLOW_FORWARDED_HEADER') === 'true',
      hostHeader: text('S3_PROTOCOL_NON_CANONICAL_HOST_HEADER')?.toLowerCase(),
    },
  })
}

interface Reader {
  readonly text: (...names: string[]) => string | undefined
  readonly required: (...names: string[]) => string
  readonly number: (fallback: number, ...names: string[]) => number
  readonly region: string
}

/** The variables of the S3 backend; keys are the ones that AWS's own tools read. */
function readRemote({ text, required, number, region }: Reader): RemoteSettings {
  const at = region === 'not-specified' ? 'us-east-1' : region
  const endpoint = text('STORAGE_S3_ENDPOINT', 'GLOBAL_S3_ENDPOINT') ?? `https://s3.${at}.amazonaws.com`
  parseUrl('STORAGE_S3_ENDPOINT', endpoint)
  return {
    bucket: required('STORAGE_S3_BUCKET', 'GLOBAL_S3_BUCKET'),
    endpoint,
    region: at,
    forcePathStyle: text('STORAGE_S3_FORCE_PATH_STYLE', 'GLOBAL_S3_FORCE_PATH_STYLE') === 'true',
    accessKeyId: required('AWS_ACCESS_KEY_ID'),
    secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
    sessionToken: text('AWS_SESSION_TOKEN'),
    partBytes: Math.max(number(16 * 1024 * 1024, 'STORAGE_S3_UPLOAD_PART_SIZE'), 5 * 1024 * 1024),
    maxSockets: number(200, 'STORAGE_S3_MAX_SOCKETS', 'GLOBAL_S3_MAX_SOCKETS'),
    timeoutMs: number(0, 'STORAGE_S3_CLIENT_TIMEOUT') || 60_000,
  }
}

function purgeOf(url: string | undefined, key: string | undefined): StorageSettings['purge'] {
  const base = parseUrl('CDN_PURGE_ENDPOINT_URL', url)
  if (!base) return undefined
  const purge = new URL(base.origin)
  purge.pathname = `${base.pathname.replace(/\/$/, '')}/purge`
  return { url: purge, key }
}

function parseUrl(name: string, value: string | undefined): URL | undefined {
  if (value === undefined) return undefined
  if (!URL.canParse(value) || !/^https?:/.test(value))
    throw errors.missingSetting(name, 'must be an http or https URL')
  return new URL(value)
}

/** The tenant is a folder name, so it must be one. */
function safeTenant(value: string): string {
  if (!/^[\w.-]{1,128}$/.test(value) || /^\.+$/.test(value)) {
    throw errors.missingSetting('TENANT_ID', 'may hold letters, digits, "-", "_" and "." only')
  }
  return value
}

function parseJwks(value: string | undefined): StorageSettings['jwks'] {
  if (value === undefined) return undefined
  try {
    const parsed = JSON.parse(value) as { keys?: unknown }
    if (Array.isArray(parsed.keys)) return parsed as NonNullable<StorageSettings['jwks']>
  } catch {
    // Falls through to the one message below.
  }
  throw errors.missingSetting('JWT_JWKS', 'must be a JSON Web Key Set: {"keys": […]}')
}
