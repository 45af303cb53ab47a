import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Metadata, Server, type Upload } from '@tus/server'
import type { Call, StorageContext } from '../context.ts'
import { errors, StorageError } from '../errors.ts'
import { openSigned } from '../objects/sign.ts'
import { bucketRules, mayUpload, sizeLimit } from '../objects/upload.ts'
import { requireAllowedMime, requireBucketName, requireKey } from '../rules.ts'
import { finishUpload, parseUserMetadata } from './finish.ts'
import { uploadUrl } from './location.ts'
import { Locker } from './locker.ts'
import { TusStore } from './store.ts'
import { formatUploadId, parseUploadId } from './upload-id.ts'
import { requestOf, respond, writeWith } from './wire.ts'

/** A request of the protocol, and in whose name the object is made. */
export interface TusCall {
  readonly call: Call
  /** Under `/sign`: a signed link permits the upload, not the caller's role. */
  readonly signed: boolean
  owner: string | undefined
  upsert: boolean
}

const calls = new WeakMap<IncomingMessage, TusCall>()
const servers = new WeakMap<StorageContext['resumables'], Server>()

/** Answers one request of the TUS protocol on its raw request and response. */
export async function handleTus(tus: TusCall, request: IncomingMessage, response: ServerResponse) {
  calls.set(request, tus)
  const server = servers.get(tus.call.resumables) ?? createServer(tus.call)
  servers.set(tus.call.resumables, server)
  await respond(await server.handleWeb(requestOf(request, response, tus.call.clock)), response)
}

type HookRequest = { runtime?: { node?: { req?: unknown } } }

function tusOf(request: HookRequest): TusCall {
  return calls.get(request.runtime?.node?.req as IncomingMessage) as TusCall
}

function createServer({ resumables, settings, clock }: StorageContext): Server {
  const locker = new Locker(clock)
  const origins = new Map<string, TusCall>()
  const datastore = new TusStore(resumables, id => {
    const origin = origins.get(id)
    origins.delete(id)
    return { owner: origin?.owner, upsert: origin?.upsert ?? false }
  })
  const server = new Server({
    path: settings.tusPath,
    datastore,
    locker,
    disableTerminationForFinishedUploads: true,
    respectForwardedHeaders: true,
    allowedHeaders: ['Authorization', 'X-Upsert', 'Upload-Expires', 'ApiKey', 'x-signature'],
    generateUrl: (request, { proto, host, path, id }) => uploadUrl(tusOf(request), { proto, host, path, id }),
    getFileIdFromRequest: request => {
      const url = tusOf(request).call.request.raw.url?.split('?')[0] ?? ''
      const last = /([^/]+)\/?$/.exec(url)?.[1]
      if (!last || settings.tusPath.includes(last) || last === 'sign') return undefined
      return Buffer.from(last, 'base64url').toString('utf8')
    },
    namingFunction: (request, metadata) => {
      if (!metadata) throw errors.invalidRequest('Metadata header is required')
      const bucket = metadata['bucketName'] ?? ''
      const name = metadata['objectName'] ?? ''
      requireBucketName(bucket)
      requireKey(name)
      const id = formatUploadId({ bucket, name, version: randomUUID() })
      origins.set(id, tusOf(request))
      tusOf(request).call.request.raw.once('close', () => origins.delete(id))
      return id
    },
    maxSize: async (request, id) => {
      const { call } = tusOf(request)
      if (!id) return settings.fileSizeLimit
      return sizeLimit(settings, await bucketRules(call, parseUploadId(id).bucket), 'resumable')
    },
    onIncomingRequest: (request, id) => authorize(tusOf(request), id, request.headers.get('upload-metadata')),
    onUploadCreate: async (request, upload) => ({ metadata: await checkMetadata(tusOf(request), upload) }),
    onUploadFinish: async (request, upload) => {
      const tus = tusOf(request)
      await finishUpload(tus.call, parseUploadId(upload.id).version, { owner: tus.owner, upsert: tus.upsert })
      return { headers: { 'Tus-Complete': '1' } }
    },
    onResponseError: (request, error) => {
      if (error instanceof StorageError) {
        if (error.status >= 500)
          tusOf(request).call.log.error({ err: error.cause ?? error }, 'storage: upload failed')
        return { status_code: error.status, body: error.message }
      }
      if (error instanceof Error) {
        tusOf(request).call.log.error({ err: error }, 'storage: upload failed')
        return { status_code: 500, body: 'Internal Server Error' }
      }
      return undefined
    },
  })
  writeWith(server, (id, offset, source) => datastore.write(source, id, offset))
  return server
}

/** May the caller put an object there? Asked with each request, for the answer can change during an upload. */
async function authorize(tus: TusCall, id: string, metadataHeader: string | null): Promise<void> {
  const { call } = tus
  const { bucket, name, version } = parseUploadId(id)
  const { method, headers } = call.request
  if (tus.signed && method !== 'OPTIONS') {
    const signature = headers['x-signature']
    if (typeof signature !== 'string') throw errors.invalidSignature('Missing x-signature header')
    const claims = await openSigned(call, signature, bucket, name, 'upload')
    tus.owner = claims.owner
    tus.upsert = claims.upsert === true
  }
  if (method === 'HEAD') await recover(call, version)
  if (tus.signed || method === 'OPTIONS' || method === 'HEAD') return
  const known = method === 'POST' ? undefined : await call.resumables.get(version).catch(() => undefined)
  const metadata = known?.metadata ?? parseMetadata(metadataHeader)
  const size = known ? known.size : Number(headers['upload-length'] ?? Number.NaN)
  await mayUpload(call, { bucket, name, owner: tus.owner, upsert: tus.upsert }, call.caller, {
    metadata: {
      ...(metadata['contentType'] ? { mimetype: metadata['contentType'] } : {}),
      ...(size === undefined || Number.isNaN(size) ? {} : { contentLength: size }),
    },
    user_metadata: parseUserMetadata(metadata['metadata']),
  })
}

/** All bytes are there but a crash came before the object was: it is made now, before the client hears that it is complete. */
async function recover(call: Call, version: string): Promise<void> {
  const upload = await call.resumables.get(version).catch(() => undefined)
  if (!upload || upload.finished || upload.size === undefined || upload.offset !== upload.size) return
  await finishUpload(call, version, upload)
}

async function checkMetadata({ call }: TusCall, upload: Upload): Promise<Record<string, string | null>> {
  const { bucket } = parseUploadId(upload.id)
  const rules = await bucketRules(call, bucket)
  const metadata = { ...upload.metadata }
  const seconds = metadata['cacheControl'] ?? ''
  metadata['cacheControl'] = /^-?\d+$/.test(seconds) ? `max-age=${seconds}` : 'no-cache'
  requireAllowedMime(metadata['contentType'] ?? 'application/octet-stream', rules.allowed_mime_types)
  return metadata
}

function parseMetadata(header: string | null): Record<string, string | null> {
  if (header === null) return {}
  try {
    return Metadata.parse(header)
  } catch {
    throw errors.invalidParameter('upload-metadata', 'Invalid Upload-Metadata header')
  }
}
