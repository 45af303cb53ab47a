import { SingleFlight } from '#kernel'
import type { Call } from '../context.ts'
import { contentEncoding } from '../objects/content-encoding.ts'
import { commitRow, withBytes } from '../objects/upload.ts'

interface Maker {
  readonly owner: string | undefined
  readonly upsert: boolean
}

const flights = new SingleFlight<string, void>()

/** Makes an object of the bytes that came in pieces. Until its row is committed the pieces stay, so it can be tried again. */
export function finishUpload(call: Call, version: string, by: Maker): Promise<void> {
  return flights.run(version, () => finish(call, version, by))
}

async function finish(call: Call, version: string, by: Maker): Promise<void> {
  const { bucket, name, metadata, finished } = await call.resumables.get(version)
  if (finished) return
  const received = await call.files.adopt(version, call.resumables.path(version))
  await call.files.publish(version).catch(async error => {
    await call.files.discard(version)
    throw error
  })
  const target = { bucket, name, owner: by.owner, upsert: by.upsert }
  const described = {
    mimetype: metadata['contentType'] ?? 'application/octet-stream',
    cacheControl: metadata['cacheControl'] ?? 'no-cache',
    ...contentEncoding(metadata['contentEncoding']),
  }
  await commitRow(call, target, version, {
    metadata: withBytes(described, received, call.settings.etagAlgorithm),
    userMetadata: parseUserMetadata(metadata['metadata']),
  })
  await call.resumables.finish(version)
}

/** Metadata that is not a JSON object is ignored, as the storage API does. */
export function parseUserMetadata(text: string | null | undefined): Record<string, unknown> | undefined {
  if (!text) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
