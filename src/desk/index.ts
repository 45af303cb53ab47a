// The service desk: does what the operations of the contract say, and offers them as REST on a Unix socket.
// Decides nothing about machines or silos itself; it calls those who do.
export type { ApprovalStore } from './approval-port.ts'
export type {
  AuditArchive,
  AuditBlock,
  AuditFilter,
  AuditHead,
  AuditStore,
  StoredAuditRow,
} from './audit/index.ts'
export type { Authenticator } from './authenticator.ts'
export type { Caller } from './caller.ts'
export { type CreateDeskOptions, createDesk, type Desk } from './desk.ts'
export type { DeskFace, FaceParts } from './face.ts'
export {
  type AdmissionRecord,
  type AgentRecord,
  createIdentity,
  type Identity,
  type IdentityStore,
  type StaticTokenRecord,
} from './identity/index.ts'
export { createMcpFace } from './mcp/face.ts'
export type { CallContext, CallFrame, OperationKey, Perform } from './perform.ts'
export type { DeskOptions, LogSource } from './ports.ts'
