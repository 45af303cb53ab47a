// Reads fly.toml into typed values and into the machine configuration that `fly deploy` would send, and hangar.toml into a
// stack; every message has file:line:column. Knows nothing of what runs.
export type { Diagnostic, Severity } from './errors.ts'
export { defaultGroup, mainGroup, processGroups } from './fly/groups.ts'
export {
  type MachineConfigOptions,
  toConsoleMachineConfig,
  toMachineConfig,
  toMachineConfigs,
  toReleaseMachineConfig,
  toTestMachineConfig,
  volumesOf,
} from './fly/machine-config.ts'
export { readFlyToml } from './fly/read.ts'
export type { Autoscaling, FlyConfig } from './fly/schema.ts'
export { initStack } from './init/init.ts'
export { type LintResult, lint } from './lint/lint.ts'
export { nearest } from './nearest.ts'
export { type Condition, conditionHolds, parseCondition } from './stack/condition.ts'
export { findStackFile, loadStack } from './stack/load.ts'
export { readStack } from './stack/read.ts'
export type { SecretDeclaration, SecretRule, Stack, StackApp, StackResource } from './stack/stack.ts'
export { parseToml } from './toml/document.ts'
export { yamlToJson } from './yaml.ts'
