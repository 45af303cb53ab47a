import type { FastifyRequest } from '#http'

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
