import type { EdgeContext, Entrance } from '../context.ts'
import type { Target } from '../hold.ts'
import type { RouteService } from '../ports.ts'
import { type Refusal, refusals } from '../refusals.ts'

export type Resolved =
  | { readonly target: Target; readonly service: RouteService }
  | { readonly refusal: Refusal }
  /** 301 to the same target over https. */
  | { readonly redirect: string }

const suffixes = ['.localhost', '.fly.dev', '.flycast']

/** Which service a request is for: that of the door, or the public app that Host names. */
export function resolveTarget(
  context: EdgeContext,
  entrance: Entrance,
  host: string,
  path: string,
): Resolved {
  if (entrance.target) {
    const service = context.holder.serviceOf(entrance.target)
    return service
      ? { target: entrance.target, service }
      : { refusal: refusals.noMachine(entrance.target.app) }
  }
  const name = appNameOf(host)
  const app = name === undefined ? undefined : context.routes.get(name)
  if (!app) return { refusal: refusals.noHost(host) }
  const service = app.services.find(({ wire }) => wire === 'http')
  if (!app.public || !service) return { refusal: refusals.notPublic(app.name) }
  const httpsPort = context.httpsPort()
  if (!entrance.tls && httpsPort !== undefined && service.ports.some(({ forceHttps }) => forceHttps)) {
    return { redirect: `https://${host.replace(/:\d+$/, '')}:${httpsPort}${path}` }
  }
  return { target: { app: app.name, internalPort: service.internalPort }, service }
}

export function appNameOf(host: string): string | undefined {
  const colon = host.lastIndexOf(':')
  const name = (colon > 0 ? host.slice(0, colon) : host).toLowerCase()
  for (const suffix of suffixes) if (name.endsWith(suffix)) return name.slice(0, -suffix.length)
  return undefined
}
