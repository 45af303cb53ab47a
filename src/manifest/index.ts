// Reads fly.toml into typed values and into the machine configuration that `fly deploy` would send; every message has file:line:column.
// Never reads or writes files itself, and knows nothing of what runs.
export type { Diagnostic } from './errors.ts'
export type { FlyConfig } from './fly-schema.ts'
export { readFlyToml } from './fly-toml.ts'
export { defaultGroup, processGroups, toMachineConfig } from './machine-config.ts'
export { nearest } from './nearest.ts'
export { yamlToJson } from './yaml.ts'
