import * as z from 'zod'
import { stackSchema } from '../stack/schema.ts'

interface Schema {
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
}

/** docs/reference/hangar-toml.md: every key of hangar.toml, from its schema. */
export function stackPage(): string {
  const root = z.toJSONSchema(stackSchema, { io: 'input' }) as Schema
  const named = (key: string) => root.properties?.[key]?.additionalProperties as Schema
  const secret = named('secrets')
  return `# hangar.toml

Made from \`src/manifest/stack/schema.ts\`; a test keeps it true (\`npx vitest run src/manifest -u\` writes it anew).

A \`hangar.toml\` says which apps belong together, which needs which, how each runs on this machine, and which secrets they get. Each app keeps its own \`fly.toml\` ([what Hangar reads of it](fly-toml.md)); nothing is said twice. \`hangar init\` writes one from what is in a folder ([coming from a Makefile](../guides/coming-from-a-makefile.md)), \`hangar lint\` checks it together with every \`fly.toml\` it names ([all rules](lint.md)).

What acts on it today: \`hangar lint\` on all of it, and the commands for secrets on [env] and [secrets]. \`build\`, \`run\`, \`domains\`, \`paths\` and [resources] are read and checked as far as their form goes; no command of this version starts a stack from them.

Paths start from the folder of the file and may not leave it, symbolic links included. Unknown keys, unknown names and circles of \`needs\` are errors with file, line and column.

For editors that read JSON schemas of TOML files, put this at the top: \`#:schema https://…/hangar-toml.schema.json\` with the address of [hangar-toml.schema.json](hangar-toml.schema.json).

\`\`\`toml
name = "shop"
auto_stop_minutes = 30

[env]
local = ["env.public", ".env.local"]
fly = ["env.public", ".env.infra.local"]

[apps.api]
dir = "apps/api"
needs = ["db"]
run = "node dist/main.js"

[apps.web]
dir = "apps/web"
needs = ["api"]
run = { web = "node server.js", worker = "node worker.js" }

[resources.db]
type = "postgres"
version = "17"

[secrets.JWT_SECRET]
apps = ["*"]
min_length = 64
generate = "base64url"

[secrets.ORY_API_KEY]
apps = ["api"]
from = "ORY_PROJECT_API_KEY"
required_when = "AUTH_ENABLED=true"

[secrets.EXECUTE_POLICY]
apps = ["api"]
public = true
[[secrets.EXECUTE_POLICY.rules]]
when = "NODE_ENV=production"
set = true
not_one_of = ["open"]
message = "everybody could execute"
\`\`\`

## At the top

${table(root)}

## [env]

${table(root.properties?.['env'] ?? {})}

## [apps.*name*]

The name is the app's name in this file; its name on Fly is \`app\` of its \`fly.toml\`. Without \`run\`, what \`image\` in [build] names runs.

${table(named('apps'))}

## [resources.*name*]

What the apps stand on and somebody else provides.

${table(named('resources'))}

## [secrets.*NAME*]

One table per variable, under the name that the app sees. What is \`public\` belongs in the [env] of \`fly.toml\`; everything else is a secret of the app. When an app has both, the secret wins, as on Fly.

${table(secret)}

## [[secrets.*NAME*.rules]]

Checked by \`hangar lint\` for values in [env], and before a deploy for all others.

${table(secret.properties?.['rules']?.items ?? {})}
`
}

function table({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([key, schema]) => {
    const name = required.includes(key) ? `\`${key}\` (required)` : `\`${key}\``
    return `| ${name} | ${kindOf(schema)} | ${schema.description ?? ''} |`
  })
  return ['| key | kind | meaning |', '|---|---|---|', ...rows].join('\n')
}

function kindOf(schema: Schema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(' or ')
  if (schema.enum) return schema.enum.map(value => `\`${String(value)}\``).join(', ')
  if (schema.type === 'array')
    return `list of ${schema.items?.properties ? 'tables' : `${kindOf(schema.items ?? {})}s`}`
  if (schema.type === 'object') return 'table'
  return schema.type ?? 'value'
}
