import type { GatewayConfig, PluginConfig, Upstream } from './config.ts'
import { plugins } from './plugins/index.ts'
import type { Plugin, PluginSources } from './plugins/plugin.ts'

export interface Route {
  readonly prefix: string
  readonly stripPath: boolean
  readonly preserveHost: boolean
  readonly methods: ReadonlySet<string> | undefined
  readonly hosts: readonly string[] | undefined
  readonly upstream: Upstream
  readonly plugins: readonly Plugin[]
}

/** All routes in the order in which Kong tries them: those with more rules first, then those with longer prefixes. */
export function createRoutes(config: GatewayConfig, sources: PluginSources): Route[] {
  // One instance per place where a plugin is set: the routes of a service share its counters.
  const made = new Map<PluginConfig, Plugin>()
  const instance = (plugin: PluginConfig) => {
    const known = made.get(plugin) ?? plugins[plugin.name]!.create(plugin.config, sources)
    made.set(plugin, known)
    return known
  }
  return config.services
    .flatMap(service =>
      (service.routes ?? []).flatMap(route => {
        // The narrower a plugin is set, the more it counts.
        const chosen = new Map<string, PluginConfig>()
        for (const list of [config.plugins, service.plugins, route.plugins])
          for (const plugin of list ?? []) chosen.set(plugin.name, plugin)
        const ordered = [...chosen.values()]
          .filter(({ enabled }) => enabled !== false)
          .sort((a, b) => plugins[b.name]!.priority - plugins[a.name]!.priority)
          .map(instance)
        return route.paths.map(
          (prefix): Route => ({
            prefix,
            stripPath: route.strip_path ?? true,
            preserveHost: route.preserve_host ?? false,
            methods: route.methods && new Set(route.methods.map(method => method.toUpperCase())),
            hosts: route.hosts?.map(host => host.toLowerCase()),
            upstream: service.upstream,
            plugins: ordered,
          }),
        )
      }),
    )
    .sort((a, b) => rules(b) - rules(a) || b.prefix.length - a.prefix.length)
}

export function matchRoute(
  routes: readonly Route[],
  method: string,
  host: string,
  path: string,
): Route | undefined {
  return routes.find(
    route =>
      path.startsWith(route.prefix) &&
      (route.methods === undefined || route.methods.has(method)) &&
      (route.hosts === undefined || isOneOf(route.hosts, host)),
  )
}

/** Path of the request upstream: the prefix taken off when the route says so, behind the service's own path. */
export function upstreamPath(route: Route, path: string): string {
  const rest = route.stripPath ? path.slice(route.prefix.length) : path
  const base = route.upstream.path.replace(/\/+$/, '')
  if (rest === '') return base === '' ? '/' : route.upstream.path
  return rest.startsWith('/') ? base + rest : `${base}/${rest}`
}

function rules({ hosts, methods }: Route): number {
  return Number(hosts !== undefined) + Number(methods !== undefined)
}

/** `*.example.com` and `example.*` stand for any name that ends or begins so. */
function isOneOf(hosts: readonly string[], given: string): boolean {
  const name = given.replace(/:\d+$/, '').toLowerCase()
  return hosts.some(host => {
    if (host.startsWith('*.')) return name.endsWith(host.slice(1))
    if (host.endsWith('.*')) return name.startsWith(host.slice(0, -1))
    return host === name
  })
}
