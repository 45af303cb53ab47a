import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayConfig, PluginConfig, RouteConfig, ServiceConfig } from './config/entities.ts'
import { type PathPattern, pathPattern } from './config/path-pattern.ts'
import { hostRules, isOneOf } from './hosts.ts'
import { plugins } from './plugins/index.ts'
import type { Plugin, PluginSources } from './plugins/plugin.ts'
import { createTargets, type Targets } from './targets.ts'

export interface Route {
  readonly name: string
  readonly service: ServiceConfig
  readonly config: RouteConfig
  /** Undefined: any path. */
  readonly path: PathPattern | undefined
  readonly methods: ReadonlySet<string> | undefined
  readonly hosts: readonly string[] | undefined
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[]
  readonly targets: Targets
  readonly plugins: readonly Plugin[]
  /** Run before them, whatever they say. */
  readonly observers: readonly Plugin[]
}

export interface Match {
  readonly route: Route
  /** The part of the path that the route is about: its prefix, or what its expression took. */
  readonly taken: string
  /** What the expression's groups took, by number and by name. */
  readonly captures: Readonly<Record<string, string>>
}

/** All routes in the order in which Kong tries them. */
export function createRoutes(config: GatewayConfig, sources: PluginSources): Route[] {
  // One instance per place where a plugin is set: the routes of a service share its counters.
  const made = new Map<PluginConfig, Plugin>()
  const instance = (plugin: PluginConfig) => {
    const known = made.get(plugin) ?? plugins[plugin.name]!.create(plugin.config, sources)
    made.set(plugin, known)
    return known
  }
  return config.services
    .filter(({ enabled }) => enabled)
    .flatMap(service => {
      const targets = createTargets(service.address, config.upstreams)
      const own = config.routes.filter(route => route.service === service.name)
      return [...(service.routes ?? []), ...own].flatMap(route => {
        const chosen = pluginsFor(config, service, route)
        const acting = chosen.filter(({ name }) => !plugins[name]!.observes).map(instance)
        const observers = chosen.filter(({ name }) => plugins[name]!.observes).map(instance)
        return (route.paths?.length ? route.paths : [undefined]).map((path): Route => {
          const pattern = path === undefined ? undefined : pathPattern(path, config._format_version)
          return {
            name: route.name ?? '',
            service,
            config: route,
            path: pattern && 'problem' in pattern ? undefined : pattern,
            methods: route.methods?.length ? new Set(route.methods.map(one => one.toUpperCase())) : undefined,
            hosts: route.hosts?.length ? route.hosts.map(one => one.toLowerCase()) : undefined,
            headers: Object.entries(route.headers ?? {}).map(([name, values]) => [
              name.toLowerCase(),
              values.map(value => value.toLowerCase()),
            ]),
            targets,
            plugins: acting,
            observers,
          }
        })
      })
    })
    .sort(inOrder)
}

/** The narrower a plugin is set, the more it counts. */
function pluginsFor(config: GatewayConfig, service: ServiceConfig, route: RouteConfig): PluginConfig[] {
  const loose = (wanted: (plugin: GatewayConfig['plugins'][number]) => boolean) =>
    config.plugins.filter(wanted)
  const chosen = new Map<string, PluginConfig>()
  for (const list of [
    loose(plugin => plugin.service == null && plugin.route == null),
    loose(plugin => plugin.service === service.name && plugin.route == null),
    service.plugins,
    loose(plugin => plugin.route != null && plugin.route === route.name),
    route.plugins,
  ])
    for (const plugin of list ?? []) chosen.set(plugin.name, plugin)
  return [...chosen.values()]
    .filter(({ enabled }) => enabled !== false)
    .sort((a, b) => plugins[b.name]!.priority - plugins[a.name]!.priority)
}

/**
 * Kong's order: who compares more kinds of things goes first, then hosts without a wildcard, more headers, expressions before prefixes (by their
 * priority), longer prefixes. What is equal stays as it is written.
 */
function inOrder(a: Route, b: Route): number {
  return (
    kinds(b) - kinds(a) ||
    hostRules(b.hosts) - hostRules(a.hosts) ||
    b.headers.length - a.headers.length ||
    expression(b) - expression(a) ||
    (expression(a) ? b.config.regex_priority - a.config.regex_priority : 0) ||
    prefixLength(b) - prefixLength(a)
  )
}

function kinds({ path, methods, hosts, headers }: Route): number {
  return [path, methods, hosts, headers.length > 0 || undefined].filter(one => one !== undefined).length
}

function expression({ path }: Route): number {
  return path && 'regex' in path ? 1 : 0
}

function prefixLength({ path }: Route): number {
  return path && 'prefix' in path ? path.prefix.length : 0
}

const noCaptures = {}

export function matchRoute(
  routes: readonly Route[],
  method: string,
  headers: IncomingHttpHeaders,
  path: string,
): Match | undefined {
  for (const route of routes) {
    if (route.methods && !route.methods.has(method)) continue
    if (route.hosts && !isOneOf(route.hosts, headers.host ?? '')) continue
    if (!route.headers.every(([name, values]) => values.includes(String(headers[name] ?? '').toLowerCase())))
      continue
    const { path: pattern } = route
    if (!pattern) return { route, taken: '', captures: noCaptures }
    if ('prefix' in pattern) {
      if (path.startsWith(pattern.prefix)) return { route, taken: pattern.prefix, captures: noCaptures }
      continue
    }
    const found = pattern.regex.exec(path)
    if (found) return { route, taken: found[0], captures: capturesOf(found) }
  }
  return undefined
}

function capturesOf(found: RegExpExecArray): Record<string, string> {
  const numbered = found.map((text, i) => [String(i), text ?? ''] as const)
  return { ...Object.fromEntries(numbered), ...found.groups }
}

/** Path of the request upstream: what the route took is taken off when it says so, and the service's own path put before. */
export function upstreamPath({ route, taken }: Match, path: string): string {
  const { strip_path: strip, path_handling: handling } = route.config
  const own = route.service.address.path
  const rest = strip ? path.slice(taken.length) : path
  if (handling === 'v1') {
    const base = own === '/' && !rest.startsWith('/') ? '/' : own.replace(/\/$/, '')
    return base + rest || '/'
  }
  const base = own.replace(/\/+$/, '')
  if (rest === '') return base === '' ? '/' : own
  return rest.startsWith('/') ? base + rest : `${base}/${rest}`
}
