import { compare, hash } from '@node-rs/bcrypt'

const cost = 10
/** A hash of nothing anybody can send, so that an unknown user costs as much time as a wrong password. */
const decoy = '$2a$10$rPfb/P7nmoTDlkrmjlAQMexBWBpLcZVTMaoNSkrjXEtQRn4ZCRCWq'

export function hashPassword(password: string): Promise<string> {
  return hash(password, { cost, version: '2a' })
}

/** Whether the password is the one. A missing hash takes as long and says no. */
export async function passwordMatches(
  password: string,
  encrypted: string | null | undefined,
): Promise<boolean> {
  if (!encrypted) {
    await compare(password, decoy).catch(() => false)
    return false
  }
  return compare(password, encrypted).catch(() => false)
}
