import { createPublicKey } from 'node:crypto'
import { isMap, LineCounter, type Node, parseDocument } from 'yaml'
import { z } from 'zod'
import { gatewayErrors } from './errors.ts'
import { jwtAlgorithms } from './plugins/algorithms.ts'
import { plugins } from './plugins/index.ts'

const tags = z.array(z.string()).optional()

const pluginSchema = z
  .strictObject({
    name: z.string(),
    enabled: z.boolean().optional(),
    config: z.record(z.string(), z.unknown()).nullish(),
    tags,
  })
  .transform((plugin, context) => {
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
  })

const routeSchema = z.strictObject({
  name: z.string().optional(),
  paths: z
    .array(z.string().regex(/^\//, 'must begin with "/"; regular expressions are not available here'))
    .nonempty(),
  methods: z.array(z.string()).optional(),
  hosts: z.array(z.string()).optional(),
  strip_path: z.boolean().optional(),
  preserve_host: z.boolean().optional(),
  plugins: z.array(pluginSchema).optional(),
  protocols: z.array(z.string()).optional(),
  tags,
})

/** Milliseconds; Kong's own default. */
const timeout = z.number().int().positive().default(60_000)

const serviceSchema = z
  .strictObject({
    name: z.string(),
    /** One word for the four that follow. */
    url: z
      .string()
      .regex(/^https?:\/\//, 'must be an http URL')
      .optional(),
    protocol: z.enum(['http', 'https']).optional(),
    host: z.string().optional(),
    port: z.number().int().min(1).max(65_535).optional(),
    path: z.string().regex(/^\//, 'must begin with "/"').optional(),
    routes: z.array(routeSchema).optional(),
    plugins: z.array(pluginSchema).optional(),
    /** Without effect: services are on this machine, and one that does not listen yet is asked again. */
    connect_timeout: timeout,
    retries: z.number().optional(),
    read_timeout: timeout,
    write_timeout: timeout,
    enabled: z.boolean().optional(),
    tags,
  })
  .transform(({ url, protocol, host, port, path, ...service }, context) => {
    const upstream = upstreamOf(url ?? `${protocol ?? 'http'}://${host}:${port ?? 80}${path ?? ''}`)
    if (upstream && (url !== undefined || host !== undefined))
      return { ...service, upstream: { ...upstream, readTimeoutMs: service.read_timeout } }
    context.addIssue({ code: 'custom', path: ['url'], message: 'must be an http URL' })
    return z.NEVER
  })

const keySchema = z.strictObject({ key: z.string() })
const passwordSchema = z.strictObject({ username: z.string(), password: z.string() })
const groupSchema = z.strictObject({ group: z.string() })
const tokenSchema = z.strictObject({
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
  username: z.string(),
  custom_id: z.string().optional(),
  keyauth_credentials: z.array(keySchema).optional(),
  basicauth_credentials: z.array(passwordSchema).optional(),
  jwt_secrets: z.array(tokenSchema.refine(needsKey, keyRule)).optional(),
  acls: z.array(groupSchema).optional(),
  tags,
})

const configSchema = z.strictObject({
  _format_version: z.enum(['1.1', '2.1', '3.0'], 'must be "1.1", "2.1" or "3.0", in quotes'),
  _transform: z.boolean().optional(),
  services: z.array(serviceSchema),
  consumers: z.array(consumerSchema).optional(),
  /** Credentials and groups may also be listed beside their consumers. */
  keyauth_credentials: z.array(keySchema.extend(of)).optional(),
  basicauth_credentials: z.array(passwordSchema.extend(of)).optional(),
  jwt_secrets: z.array(tokenSchema.extend(of).refine(needsKey, keyRule)).optional(),
  acls: z.array(groupSchema.extend(of)).optional(),
  plugins: z.array(pluginSchema).optional(),
})

export type GatewayConfig = z.output<typeof configSchema>
export type PluginConfig = z.output<typeof pluginSchema>
export type Upstream = GatewayConfig['services'][number]['upstream']

/** Reads Kong's declarative format. Throws with file, line and column of the first thing that is wrong. */
export function parseConfig(text: string, file: string): GatewayConfig {
  const quick = text.startsWith('{') ? configSchema.safeParse(asJson(text)) : undefined
  if (quick?.success) return quick.data
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const at = (offset: number | undefined) => {
    if (offset === undefined) return ''
    const { line, col } = lines.linePos(offset)
    return `:${line}:${col}`
  }
  const [problem] = document.errors
  if (problem)
    throw gatewayErrors.config(file, at(problem.pos[0]), problem.message.split('\n')[0] ?? 'it is no YAML')
  const parsed = configSchema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue ? placeOf(issue) : []
  throw gatewayErrors.config(
    file,
    at(offsetOf(document.contents, path)),
    `${path.join('.') || 'the file'}: ${issue?.message}`,
  )
}

/** JSON is YAML too; what is not quite JSON is read as YAML, with its places. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A key that nobody knows stands at itself, not at what is around it. */
function placeOf(issue: z.core.$ZodIssue): (string | number)[] {
  const path = issue.path as (string | number)[]
  const [key] = issue.code === 'unrecognized_keys' ? issue.keys : []
  return key === undefined ? path : [...path, key]
}

/** Where the value at that path stands, or the nearest thing around it that stands somewhere. */
function offsetOf(contents: unknown, path: readonly (string | number)[]): number | undefined {
  let node = contents as (Node & { get?(key: unknown, keep: boolean): unknown }) | undefined
  let offset = node?.range?.[0]
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(item => String(item.key) === String(key))
      offset = (pair?.key as Node | undefined)?.range?.[0] ?? offset
    }
    const next = node?.get?.(key, true) as Node | undefined
    if (!next) break
    node = next
    offset = next.range?.[0] ?? offset
  }
  return offset
}

function upstreamOf(text: string) {
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
