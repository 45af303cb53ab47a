import { createHash, createHmac } from 'node:crypto'

/**
 * Keys in Supabase's newer form, which say nothing: the gateway turns them into the tokens that they stand for. They follow from the silo's
 * JWT secret, so that they change with it and need no place of their own.
 */
export function opaqueKeys(jwtSecret: string): { readonly publishable: string; readonly secret: string } {
  return { publishable: key('sb_publishable', jwtSecret), secret: key('sb_secret', jwtSecret) }
}

/** 132 bits and a checksum of 48, by which a scanner knows a real key from chance. */
function key(kind: string, jwtSecret: string): string {
  const body = createHmac('sha256', jwtSecret).update(`hangar ${kind}`).digest('base64url').slice(0, 22)
  const text = `${kind}_${body}`
  return `${text}_${createHash('sha256').update(text).digest('base64url').slice(0, 8)}`
}
