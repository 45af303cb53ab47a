// The public API as data: wire schemas of the Machines API and the operations of the desk.
// Only types, schemas and pure helpers; nothing here does I/O.
export * from './machines/index.ts'
export { type Agent, agentNameSchema } from './operations/agent-operations.ts'
export { siloId, siloInput } from './operations/inputs.ts'
export { type Operation, operation, operatorOnly } from './operations/operation.ts'
export * from './operations/operations.ts'
export * from './roles.ts'
export * from './silos/silo.ts'
