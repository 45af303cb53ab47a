// Row-level security of a whole database as one of three modes.
export { type RlsMode, type RlsReport, readRls, rlsModes, setRlsMode } from './modes.ts'
