// Typed client of the desk: the operations of the contract as calls. Used by the CLI and by tests.
// Only the wire: no formatting, no retries that change anything.
export {
  type AgentFile,
  completeAgentFile,
  createAgentKey,
  readAgentFile,
  removeAgentFile,
} from './agent-file.ts'
export { type AgentToken, fetchAgentToken } from './agent-token.ts'
export { type CallOptions, type Client, createClient } from './client.ts'
export { type BridgeOptions, bridgeMcp } from './mcp/bridge.ts'
