// For tests of what stands on the engine: a store without a disk, a runtime that runs nothing, an engine over both.
export { createMemoryStore } from './memory-store.ts'
export { startTestEngine, type TestEngine } from './test-engine.ts'
