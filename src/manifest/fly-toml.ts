import { manifestErrors } from './errors.ts'
import { type FlyConfig, flySchema } from './fly-schema.ts'
import { schemaDiagnostics } from './schema-diagnostics.ts'
import { parseToml } from './toml.ts'

/** Keys that guides put in the wrong place, and where they belong. */
const misplaced: Readonly<Record<string, string>> = {
  autoscaling: 'Fly has no [autoscaling] section in fly.toml.',
  external_port: 'Write the public port as ports[].port.',
  auto_stop_machines: 'It belongs to [http_service] or [[services]].',
  auto_start_machines: 'It belongs to [http_service] or [[services]].',
  min_machines_running: 'It belongs to [http_service] or [[services]].',
}

/** Reads a fly.toml. Throws one user error that lists everything wrong, each with file:line:column. */
export function readFlyToml(text: string, file: string): FlyConfig {
  const document = parseToml(text, file)
  const parsed = flySchema.safeParse(document.value)
  if (!parsed.success)
    throw manifestErrors.invalid(schemaDiagnostics(flySchema, parsed.error, document, misplaced))
  return parsed.data
}
