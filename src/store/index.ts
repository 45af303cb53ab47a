// State on disk: one libSQL file with numbered migrations, secrets in it sealed. Implements the stores that engine and silos declare.
// Decides nothing: what is written and when is theirs.
export { type OpenStoreOptions, openStore, type Store } from './open.ts'
export { createSealer, loadKey } from './sealer.ts'
