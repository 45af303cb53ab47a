export { AuditArchiver } from './archive.ts'
export { Audit } from './audit.ts'
export type {
  AuditArchive,
  AuditBlock,
  AuditFilter,
  AuditHead,
  AuditStore,
  StoredAuditRow,
} from './port.ts'
export { createStrangers, type Strangers } from './strangers.ts'
export { verifyAudit } from './verify.ts'
