import type { ImageRef } from '#contract'
import { runtimeErrors } from './errors.ts'

/** Splits `[registry/]repository[:tag][@digest]`; Docker Hub is the registry of names without one. */
export function parseImageRef(image: string): ImageRef {
  const match =
    /^(?<path>[a-z0-9][a-z0-9._/:-]*?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/i.exec(
      image,
    )
  const path = match?.groups?.['path']
  if (!path) throw runtimeErrors.badImage(image)
  const [first = '', ...rest] = path.split('/')
  const hasRegistry = rest.length > 0 && /[.:]|^localhost$/.test(first)
  return {
    registry: hasRegistry ? first : 'registry-1.docker.io',
    repository: hasRegistry ? rest.join('/') : path,
    tag: match.groups?.['tag'] ?? 'latest',
    ...(match.groups?.['digest'] ? { digest: match.groups['digest'] } : {}),
  }
}
