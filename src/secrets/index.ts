// Env files, what a stack declares about its secrets, and what a target has of them: read, checked, pushed, rotated.
// Never prints, logs or keeps a value that nobody asked to see.

export { layerFiles } from './env/layers.ts'
export { type LoadedEnv, type LoadedVariable, loadEnv } from './env/load.ts'
export { type SetResult, setInEnvFile } from './env/write.ts'
export { secretErrors } from './errors.ts'
export type { GuardFinding } from './guard/check-file.ts'
export { guardFiles, guardStaged } from './guard/guard.ts'
export { installHook, removeHook } from './guard/hook.ts'
