import { codeOf, HangarError, messageOf } from '#kernel'

export const storeErrors = {
  damaged: (path: string, why: string) =>
    new HangarError(`The state file ${path} cannot be read: ${why}`, {
      code: 'HGR_STORE_DAMAGED',
      status: 500,
      kind: 'user',
      hint: 'Put back a copy of it, or move it away to start with an empty state; data directories of silos are not touched by that.',
    }),
  unreadable: (path: string, why: string) =>
    new HangarError(`The state file ${path} cannot be opened: ${why}`, {
      code: 'HGR_STORE_UNREADABLE',
      status: 500,
      kind: 'user',
      hint: 'It and its folder must belong to the user who runs Hangar.',
    }),
  newer: (path: string, found: number, known: number) =>
    new HangarError(
      `The state file ${path} was written by a newer Hangar (schema ${found}; this one knows ${known})`,
      {
        code: 'HGR_STORE_NEWER',
        status: 500,
        kind: 'user',
        hint: 'Use that version, or another folder with --home.',
      },
    ),
  inUse: (path: string) =>
    new HangarError(`The state file ${path} is in use by another process`, {
      code: 'HGR_STORE_IN_USE',
      status: 409,
      hint: 'Only one daemon may run on a folder: see "hangar status".',
    }),
  full: (path: string, cause: unknown) =>
    new HangarError(`The change could not be written to ${path}: the disk is full`, {
      code: 'HGR_STORE_FULL',
      status: 507,
      kind: 'user',
      hint: 'Free some space; nothing was changed.',
      cause,
    }),
  failed: (path: string, cause: unknown) =>
    new HangarError(`The change could not be written to ${path}: ${messageOf(cause)}`, {
      code: 'HGR_STORE_FAILED',
      status: 500,
      cause,
    }),
  keyMissing: (path: string) =>
    new HangarError(`The key ${path} that opens the stored secrets is not there`, {
      code: 'HGR_STORE_KEY_MISSING',
      status: 500,
      kind: 'user',
      hint: 'Put it back, or set HANGAR_KEY to the value it had.',
    }),
  keyInvalid: (where: string) =>
    new HangarError(`${where} does not hold a key of 32 bytes in base64url`, {
      code: 'HGR_STORE_KEY_INVALID',
      status: 500,
      kind: 'user',
    }),
  nothingToRekey: (path: string) =>
    new HangarError(`There is no state at ${path}`, {
      code: 'HGR_STORE_NONE',
      status: 404,
      hint: 'Name the folder of the Hangar with --home.',
    }),
  cannotOpen: (context: string) =>
    new HangarError(`The stored secret ${context} cannot be opened with this key`, {
      code: 'HGR_STORE_SEALED',
      status: 500,
      kind: 'user',
      hint: 'It was sealed with another key: put back the key file, or set HANGAR_KEY.',
    }),
}

/** SQLite's codes in Hangar's words. */
export function fromSqlite(path: string, thrown: unknown): HangarError {
  if (thrown instanceof HangarError) return thrown
  const code = codeOf(thrown) ?? ''
  const message = messageOf(thrown)
  if (code.startsWith('SQLITE_FULL') || /disk is full/.test(message)) return storeErrors.full(path, thrown)
  if (/SQLITE_(BUSY|LOCKED)/.test(code) || /database is locked/.test(message)) return storeErrors.inUse(path)
  if (/SQLITE_(NOTADB|CORRUPT)/.test(code) || /not a database|malformed/.test(message))
    return storeErrors.damaged(path, message)
  if (/SQLITE_(CANTOPEN|PERM|READONLY|AUTH)/.test(code) || /unable to open/i.test(message))
    return storeErrors.unreadable(path, message)
  return storeErrors.failed(path, thrown)
}
