// For tests of secrets: stacks on disk, written from a table, and the real engine behind its HTTP API.
export { type ServedEngine, serveEngine } from './serve-engine.ts'
export { makeStack, type TestStack } from './stack.ts'
