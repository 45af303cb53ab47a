// The service desk: does what the operations of the contract say, and offers them as REST on a Unix socket.
// Decides nothing about machines or silos itself; it calls those who do.
export { createDesk, type Desk } from './desk.ts'
export type { DeskOptions, LogSource } from './ports.ts'
