import * as z from 'zod'

// hangar.toml as it is written: snake_case, every spelling. `Stack` (stack.ts) is what the program works with.
// The descriptions become the editors' help and the reference page.

const appName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'write it with small letters, digits and dashes')
  .max(63)
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable')
const relativePath = z.string().min(1)
const variables = z.record(variableName, z.union([z.string(), z.number(), z.boolean()]))
const condition = z
  .string()
  .describe('`NAME=value`, `NAME!=value`, `NAME` (set), `!NAME` (unset); several with `&&`.')

const ruleSchema = z.strictObject({
  when: condition
    .optional()
    .describe('The rule counts only when this holds for the app, e.g. `NODE_ENV=production`.'),
  set: z.boolean().optional().describe('true: must have a value.'),
  one_of: z.array(z.string()).optional().describe('The value must be one of these.'),
  not_one_of: z.array(z.string()).optional().describe('The value must be none of these.'),
  min_length: z.number().int().positive().optional().describe('Fewest characters.'),
  pattern: z.string().optional().describe('Regular expression that the whole value must match.'),
  message: z.string().optional().describe('Why: shown when the rule is broken.'),
  severity: z.enum(['error', 'warning']).optional().describe('Default: error.'),
})

const secretSchema = z.strictObject({
  description: z.string().optional().describe('What it is for; shown when it is missing.'),
  apps: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Apps that get it; `["*"]` for all. May be left out in a stack of one app.'),
  required: z.boolean().optional().describe('Default: true, or false when `required_when` is given.'),
  required_when: condition.optional().describe('Required only when this holds, e.g. `AUTH_ENABLED=true`.'),
  from: z
    .union([variableName, z.record(z.string(), variableName)])
    .optional()
    .describe(
      'Its name in the env files, when that differs; a table `{ app = "NAME" }` when it differs per app.',
    ),
  legacy_from: z.array(variableName).optional().describe('Older names that are still read, with a warning.'),
  from_file: relativePath.optional().describe('The value is the content of this file.'),
  min_length: z.number().int().positive().optional().describe('Fewest characters.'),
  pattern: z.string().optional().describe('Regular expression that the whole value must match.'),
  bytes: z
    .number()
    .int()
    .positive()
    .max(4096)
    .optional()
    .describe('Bytes that it must decode to (and that are generated).'),
  encoding: z
    .enum(['hex', 'base64', 'base64url', 'text'])
    .optional()
    .describe('How `bytes` and `from_file` are written. Default: hex when `bytes` is given.'),
  generate: z
    .union([z.boolean(), z.enum(['hex', 'base64', 'base64url', 'uuid'])])
    .optional()
    .describe('May be made up: `true` or the form.'),
  public: z.boolean().optional().describe('No secret: it belongs in the [env] of fly.toml.'),
  rules: z.array(ruleSchema).optional().describe('What would be unsafe, e.g. in production.'),
})

const appSchema = z.strictObject({
  fly: relativePath.optional().describe('Its fly.toml. Default: `<dir>/fly.toml`.'),
  dir: relativePath.optional().describe('Where its commands run. Default: the folder of its fly.toml.'),
  description: z.string().optional().describe('What it is.'),
  needs: z.array(z.string()).optional().describe('Apps and resources that must be ready before it.'),
  build: z.string().optional().describe('Command that builds it on this machine.'),
  run: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .describe('Command that runs it on this machine; a table per process group.'),
  env: variables.optional().describe('Variables of this machine only; they win over [env] of fly.toml.'),
  paths: z
    .array(z.string())
    .optional()
    .describe('A change below these means: deploy this app (glob patterns).'),
  domains: z.array(z.string()).optional().describe('Own names of the app.'),
  private: z.boolean().optional().describe('No public address, even when it has services.'),
})

const resourceTypes = [
  'postgres',
  'redis',
  'kafka',
  'libsql',
  's3',
  'smtp',
  'otlp',
  'supabase',
  'external',
] as const

const resourceSchema = z.strictObject({
  type: z.enum(resourceTypes).describe('What it is; `external` for what only has an address.'),
  description: z.string().optional().describe('What it is for.'),
  version: z.string().optional().describe('Major version, e.g. `17`.'),
  databases: z.array(z.string()).optional().describe('Databases in it.'),
  extensions: z.array(z.string()).optional().describe('Extensions of PostgreSQL.'),
  provides: z
    .record(variableName, z.string())
    .optional()
    .describe('Variable → template for those who need it, e.g. `DATABASE_URL = "{url}"`.'),
  needs: z.array(z.string()).optional().describe('Apps and resources that must be ready before it.'),
})

export const stackSchema = z.strictObject({
  $schema: z.string().optional().describe('Address of the JSON schema, for editors.'),
  name: appName.describe('Name of the stack.'),
  description: z.string().optional().describe('What it is.'),
  parameters: z
    .array(z.string().regex(/^[a-z_]+$/))
    .optional()
    .describe('The stack is a template: `{name}` in its files is filled in.'),
  auto_stop_minutes: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('The whole stack sleeps after so many idle minutes; 0: never.'),
  env: z
    .strictObject({
      local: z.array(relativePath).optional().describe('For this machine; later files win.'),
      fly: z.array(relativePath).optional().describe('For what is pushed to Fly; later files win.'),
    })
    .optional()
    .describe('Env files.'),
  apps: z.record(appName, appSchema).describe('The apps.'),
  resources: z.record(appName, resourceSchema).optional().describe('What the apps stand on.'),
  secrets: z
    .record(variableName, secretSchema)
    .optional()
    .describe('Declared variables: one table per name as the app sees it.'),
})

export type StackFile = z.infer<typeof stackSchema>
export type SecretFile = z.infer<typeof secretSchema>
