import { createPublicKey } from 'node:crypto'
import * as z from 'zod'
import { jwtAlgorithms } from '../plugins/algorithms.ts'
import { plugins } from '../plugins/index.ts'
import { pathPattern } from './path-pattern.ts'
import { placeOf } from './place.ts'

// Kong's declarative entities. Strict: a key that is not built is an error at the start, never a silence.

/** What Kong itself ignores, or only keeps: comments, ids and dates of an export. */
const kept = {
  _comment: z.string().optional(),
  _ignore: z.array(z.unknown()).optional(),
  id: z.string().optional(),
  created_at: z.number().optional(),
  updated_at: z.number().optional(),
  tags: z.array(z.string()).nullish(),
}

/** Milliseconds; Kong's own default. */
const timeout = z.number().int().min(1).default(60_000)

const pluginShape = z.strictObject({
  ...kept,
  name: z.string(),
  instance_name: z.string().nullish(),
  enabled: z.boolean().optional(),
  protocols: z.array(z.string()).optional(),
  config: z.record(z.string(), z.unknown()).nullish(),
})

/** A plugin whose configuration has been read by that plugin's own rules. */
export const pluginSchema = pluginShape.transform(readPlugin)

function readPlugin<P extends z.output<typeof pluginShape>>(plugin: P, context: z.RefinementCtx) {
  const known = Object.hasOwn(plugins, plugin.name) ? plugins[plugin.name] : undefined
  if (!known) {
    const there = Object.keys(plugins).join(', ')
    const message = `the plugin ${plugin.name} is not available here; there are ${there}`
    context.addIssue({ code: 'custom', path: ['name'], message })
    return z.NEVER
  }
  const parsed = known.config.safeParse(plugin.config ?? {})
  if (parsed.success) return { ...plugin, config: parsed.data }
  for (const issue of parsed.error.issues)
    context.addIssue({ code: 'custom', path: ['config', ...placeOf(issue)], message: issue.message })
  return z.NEVER
}

const routeShape = z.strictObject({
  ...kept,
  name: z.string().optional(),
  paths: z
    .array(z.string().regex(/^~?\//, 'must begin with "/", or "~/" for a regular expression'))
    .nullish(),
  methods: z.array(z.string()).nullish(),
  hosts: z.array(z.string()).nullish(),
  headers: z.record(z.string(), z.array(z.string())).nullish(),
  protocols: z.array(z.enum(['http', 'https'])).optional(),
  https_redirect_status_code: z.union([426, 301, 302, 307, 308].map(code => z.literal(code))).default(426),
  regex_priority: z.number().int().default(0),
  strip_path: z.boolean().default(true),
  path_handling: z.enum(['v0', 'v1']).default('v0'),
  preserve_host: z.boolean().default(false),
  /** Bodies always stream: without effect. */
  request_buffering: z.boolean().optional(),
  response_buffering: z.boolean().optional(),
  plugins: z.array(pluginSchema).optional(),
})
const matchesSomething = (route: z.output<typeof routeShape>) =>
  [route.paths, route.methods, route.hosts].some(list => list && list.length > 0) ||
  Object.keys(route.headers ?? {}).length > 0
const matchRule = "must set one of 'methods', 'hosts', 'headers', 'paths'"

const serviceShape = z.strictObject({
  ...kept,
  name: z.string(),
  /** One word for the four that follow. */
  url: z
    .string()
    .regex(/^https?:\/\//, 'must be an http URL')
    .optional(),
  /** Beside a `url` it says nothing more: an upgrade is seen when it is asked for. */
  protocol: z.enum(['http', 'https', 'ws', 'wss']).optional(),
  host: z.string().optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  path: z.string().regex(/^\//, 'must begin with "/"').nullish(),
  routes: z.array(routeShape.refine(matchesSomething, matchRule)).optional(),
  plugins: z.array(pluginSchema).optional(),
  connect_timeout: timeout,
  read_timeout: timeout,
  write_timeout: timeout,
  retries: z.number().int().min(0).max(32_767).default(5),
  enabled: z.boolean().default(true),
})

const serviceSchema = serviceShape.transform(({ url, protocol, host, port, path, ...service }, context) => {
  const secure = protocol === 'https' || protocol === 'wss'
  const written = url ?? `${secure ? 'https' : 'http'}://${host}:${port ?? (secure ? 443 : 80)}${path ?? ''}`
  const address = addressOf(written)
  if (address && (url !== undefined || host !== undefined)) return { ...service, address }
  context.addIssue({ code: 'custom', path: ['url'], message: 'must be an http URL' })
  return z.NEVER
})

const upstreamSchema = z.strictObject({
  ...kept,
  name: z.string(),
  algorithm: z.literal('round-robin', 'only "round-robin" is available here').optional(),
  targets: z
    .array(
      z.strictObject({
        ...kept,
        target: z.string().regex(/^(\[[^\]]+\]|[^:[\]]+)(:\d{1,5})?$/, 'must be host or host:port'),
        weight: z.number().int().min(0).max(65_535).default(100),
      }),
    )
    .default([]),
})

const keySchema = z.strictObject({ ...kept, key: z.string(), ttl: z.null().optional() })
const passwordSchema = z.strictObject({ ...kept, username: z.string(), password: z.string() })
const groupSchema = z.strictObject({ ...kept, group: z.string() })
const tokenSchema = z.strictObject({
  ...kept,
  key: z.string(),
  algorithm: z.enum(jwtAlgorithms).default('HS256'),
  secret: z.string().optional(),
  rsa_public_key: z.string().refine(isPublicKey, 'must be a public key in PEM form').optional(),
})
const needsKey = (token: z.output<typeof tokenSchema>) =>
  (token.algorithm.startsWith('HS') ? token.secret : token.rsa_public_key) !== undefined
const keyRule = 'needs a secret for HS256, HS384 and HS512, a rsa_public_key for the others'
const of = { consumer: z.string() }

const consumerSchema = z.strictObject({
  ...kept,
  username: z.string(),
  custom_id: z.string().optional(),
  keyauth_credentials: z.array(keySchema).optional(),
  basicauth_credentials: z.array(passwordSchema).optional(),
  jwt_secrets: z.array(tokenSchema.refine(needsKey, keyRule)).optional(),
  acls: z.array(groupSchema).optional(),
})

/** Set apart from what it is set on, which it names; without a name it is set on everything. */
const loosePlugin = pluginShape
  .extend({ service: z.string().nullish(), route: z.string().nullish() })
  .transform(readPlugin)

export const configSchema = z
  .strictObject({
    _format_version: z.enum(['1.1', '2.1', '3.0'], 'must be "1.1", "2.1" or "3.0", in quotes'),
    _transform: z.boolean().optional(),
    _comment: z.string().optional(),
    services: z.array(serviceSchema).default([]),
    routes: z
      .array(routeShape.extend({ service: z.string() }).refine(matchesSomething, matchRule))
      .default([]),
    upstreams: z.array(upstreamSchema).default([]),
    consumers: z.array(consumerSchema).optional(),
    /** Credentials and groups may also be listed beside their consumers. */
    keyauth_credentials: z.array(keySchema.extend(of)).optional(),
    basicauth_credentials: z.array(passwordSchema.extend(of)).optional(),
    jwt_secrets: z.array(tokenSchema.extend(of).refine(needsKey, keyRule)).optional(),
    acls: z.array(groupSchema.extend(of)).optional(),
    plugins: z.array(loosePlugin).default([]),
  })
  .superRefine((config, context) => {
    const report = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const services = new Set(config.services.map(({ name }) => name))
    for (const [i, { service }] of config.routes.entries())
      if (!services.has(service)) report(['routes', i, 'service'], `there is no service ${service}`)
    const routes = [...config.services.flatMap(({ routes }) => routes ?? []), ...config.routes]
    const names = new Set(routes.map(({ name }) => name))
    for (const [i, plugin] of config.plugins.entries()) {
      if (plugin.service != null && !services.has(plugin.service))
        report(['plugins', i, 'service'], `there is no service ${plugin.service}`)
      if (plugin.route != null && !names.has(plugin.route))
        report(['plugins', i, 'route'], `there is no route ${plugin.route}`)
    }
    const lists = [
      ...config.services.map(({ routes = [] }, i) => ({ at: ['services', i, 'routes'], routes })),
      { at: ['routes'], routes: config.routes },
    ]
    for (const { at, routes } of lists)
      for (const [i, { paths }] of routes.entries())
        for (const [j, path] of (paths ?? []).entries()) {
          const pattern = pathPattern(path, config._format_version)
          if ('problem' in pattern) report([...at, i, 'paths', j], pattern.problem)
        }
  })

export type GatewayConfig = z.output<typeof configSchema>
export type ServiceConfig = GatewayConfig['services'][number]
export type RouteConfig = NonNullable<ServiceConfig['routes']>[number]
export type PluginConfig = z.output<typeof pluginSchema>

function addressOf(text: string) {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const secure = url.protocol === 'https:'
  return {
    secure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || (secure ? 443 : 80)),
    path: url.pathname,
  }
}

function isPublicKey(text: string): boolean {
  try {
    createPublicKey(text)
    return true
  } catch {
    return false
  }
}
