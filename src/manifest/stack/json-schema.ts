import * as z from 'zod'
import { stackSchema } from './schema.ts'

/** JSON Schema of hangar.toml for editors, as text. `docs/reference/hangar-toml.schema.json` is this. */
export function stackJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(stackSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ $schema, title: 'hangar.toml', ...schema }, null, 2)}\n`
}
