// State on disk: one libSQL file with numbered migrations, secrets in it sealed. Implements the stores that engine and silos declare.
// Decides nothing: what is written and when is theirs.

export { loadKeys } from './keys.ts'
export { type OpenStoreOptions, openStore, type Store } from './open.ts'
export { rekey } from './rekey.ts'
