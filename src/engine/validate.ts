import { type MachineConfig, machineConfigSchema } from '#contract'
import { HangarError, parseDuration } from '#kernel'
import { checksOf } from './checks.ts'
import { engineErrors } from './errors.ts'

/** The configuration, checked; unknown keys stay. Throws 400 that names the place and the rule. */
export function validateConfig(config: unknown): MachineConfig {
  const parsed = machineConfigSchema.safeParse(config ?? {})
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw engineErrors.invalid(
      `config.${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
    )
  }
  if (!parsed.data.image) throw engineErrors.invalid('config.image is required')
  for (const { check, name } of checksOf(parsed.data)) {
    for (const key of ['interval', 'timeout', 'grace_period'] as const)
      checkDuration(check[key], `check ${name}: ${key}`)
  }
  checkDuration(parsed.data.stop_config?.timeout, 'config.stop_config.timeout')
  for (const mount of parsed.data.mounts ?? []) checkGuestPath(mount.path, 'config.mounts')
  for (const file of parsed.data.files ?? []) checkGuestPath(file.guest_path, 'config.files')
  return parsed.data
}

function checkDuration(value: string | number | null | undefined, place: string): void {
  if (typeof value !== 'string') return
  try {
    parseDuration(value)
  } catch (error) {
    throw error instanceof HangarError
      ? engineErrors.invalid(`${place}: ${error.message}`, error.hint)
      : error
  }
}

/** Absolute and without `..`: it is placed below the machine's own folder here. */
function checkGuestPath(path: string, place: string): void {
  if (!path.startsWith('/') || path.split('/').includes('..') || path.includes('\0')) {
    throw engineErrors.invalid(`${place}: "${path}" must be an absolute path without ".."`)
  }
}
