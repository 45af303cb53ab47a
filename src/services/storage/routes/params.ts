import type { FastifyRequest } from '#http'
import { errors } from '../errors.ts'
import type { ObjectRow } from '../objects/rows.ts'

/** Bucket and object name in the path. */
export function target(request: FastifyRequest): { bucket: string; name: string } {
  const params = request.params as { bucket: string; '*': string }
  return { bucket: params.bucket, name: params['*'] }
}

/** The value of `download=`; undefined when the parameter is absent. */
export function downloadName(request: FastifyRequest): string | undefined {
  const { download } = request.query as { download?: string | string[] }
  return Array.isArray(download) ? download[0] : download
}

/** An object has one version at a time: whoever asks for another by its id is told that it is not there. */
export function requireVersion(request: FastifyRequest, row: Pick<ObjectRow, 'name' | 'version'>): void {
  const { versionId } = request.query as { versionId?: string }
  if (versionId !== undefined && versionId !== row.version) throw errors.noSuchKey(row.name)
}
