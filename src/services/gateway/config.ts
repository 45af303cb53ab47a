import { isMap, LineCounter, type Node, parseDocument } from 'yaml'
import { z } from 'zod'
import { gatewayErrors } from './errors.ts'

const pluginSchema = z.strictObject({
  name: z.string(),
  enabled: z.boolean().optional(),
  config: z.record(z.string(), z.unknown()).nullish(),
  tags: z.array(z.string()).optional(),
})

const routeSchema = z.strictObject({
  name: z.string().optional(),
  paths: z.array(z.string().regex(/^\//, 'must begin with "/"')).nonempty(),
  methods: z.array(z.string()).optional(),
  hosts: z.array(z.string()).optional(),
  strip_path: z.boolean().optional(),
  preserve_host: z.boolean().optional(),
  plugins: z.array(pluginSchema).optional(),
  protocols: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
})

const serviceSchema = z.strictObject({
  name: z.string(),
  url: z.string().regex(/^https?:\/\//, 'must be an http URL'),
  routes: z.array(routeSchema).optional(),
  plugins: z.array(pluginSchema).optional(),
  connect_timeout: z.number().optional(),
  read_timeout: z.number().optional(),
  write_timeout: z.number().optional(),
  retries: z.number().optional(),
  tags: z.array(z.string()).optional(),
})

const consumerSchema = z.strictObject({
  username: z.string(),
  keyauth_credentials: z.array(z.strictObject({ key: z.string() })).optional(),
  basicauth_credentials: z.array(z.strictObject({ username: z.string(), password: z.string() })).optional(),
  acls: z.array(z.strictObject({ group: z.string() })).optional(),
  tags: z.array(z.string()).optional(),
})

const configSchema = z.strictObject({
  _format_version: z.string(),
  _transform: z.boolean().optional(),
  services: z.array(serviceSchema),
  consumers: z.array(consumerSchema).optional(),
  /** Credentials and groups may also be listed beside their consumers. */
  keyauth_credentials: z.array(z.strictObject({ consumer: z.string(), key: z.string() })).optional(),
  basicauth_credentials: z
    .array(z.strictObject({ consumer: z.string(), username: z.string(), password: z.string() }))
    .optional(),
  acls: z.array(z.strictObject({ consumer: z.string(), group: z.string() })).optional(),
  plugins: z.array(pluginSchema).optional(),
})

export type GatewayConfig = z.infer<typeof configSchema>
export type PluginConfig = z.infer<typeof pluginSchema>

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
  const issue = parsed.error.issues[0]
  const path = (issue?.path ?? []) as (string | number)[]
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
