import type { GatewayConfig, PluginConfig } from './config.ts'
import { gatewayErrors } from './errors.ts'
import { plugins } from './plugins/index.ts'
import type { Plugin, PluginSources } from './plugins/plugin.ts'

export interface Route {
  readonly prefix: string
  readonly stripPath: boolean
  readonly preserveHost: boolean
  readonly methods: ReadonlySet<string> | undefined
  readonly hosts: ReadonlySet<string> | undefined
  readonly upstream: { readonly host: string; readonly port: number; readonly path: string }
  readonly plugins: readonly Plugin[]
}

/** All routes, the one with the longest prefix first, as Kong tries them. */
export function createRoutes(config: GatewayConfig, file: string, sources: PluginSources): Route[] {
  const routes = config.services.flatMap(service =>
    (service.routes ?? []).flatMap(route => {
      const url = new URL(service.url)
      // The narrower a plugin is set, the more it counts.
      const chosen = new Map<string, PluginConfig>()
      for (const plugin of [...(config.plugins ?? []), ...(service.plugins ?? []), ...(route.plugins ?? [])])
        if (plugin.enabled !== false) chosen.set(plugin.name, plugin)
      return route.paths.map(prefix => ({
        prefix,
        stripPath: route.strip_path ?? true,
        preserveHost: route.preserve_host ?? false,
        methods: route.methods && new Set(route.methods.map(method => method.toUpperCase())),
        hosts: route.hosts && new Set(route.hosts.map(host => host.toLowerCase())),
        upstream: {
          host: url.hostname,
          port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
          path: url.pathname,
        },
        plugins: instantiate([...chosen.values()], file, sources),
      }))
    }),
  )
  return routes.sort((a, b) => b.prefix.length - a.prefix.length)
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
      (route.hosts === undefined || route.hosts.has(host.replace(/:\d+$/, '').toLowerCase())),
  )
}

/** Path of the request upstream: the prefix taken off when the route says so, behind the service's own path. */
export function upstreamPath(route: Route, path: string): string {
  const rest = route.stripPath ? path.slice(route.prefix.length) : path
  const base = route.upstream.path.replace(/\/+$/, '')
  if (rest === '') return base === '' ? '/' : route.upstream.path
  return rest.startsWith('/') ? base + rest : `${base}/${rest}`
}

function instantiate(configs: readonly PluginConfig[], file: string, sources: PluginSources): Plugin[] {
  return configs
    .map(({ name, config }) => {
      const known = plugins[name]
      if (!known)
        throw gatewayErrors.config(
          file,
          '',
          `the plugin ${name} is not available here; there are ${Object.keys(plugins).join(', ')}`,
        )
      return { priority: known.priority, plugin: known.create(config ?? {}, sources) }
    })
    .sort((a, b) => b.priority - a.priority)
    .map(({ plugin }) => plugin)
}
