import { secretErrors } from '../errors.ts'
import { isEncrypted } from './cipher.ts'
import { expand } from './expand.ts'
import { isPublicKeyName } from './keys.ts'
import { normaliseLines, scan } from './scan.ts'

/** Variables of an env text that is in no file, as from standard input. Encrypted values need a file, whose name says which key opens them. */
export function parseEnvText(text: string, where: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const { name, value, quote, line, column } of scan(normaliseLines(text))) {
    if (isPublicKeyName(name)) continue
    if (isEncrypted(value))
      throw secretErrors.privateKeyMissing({ file: where, line, column }, name, 'of its file')
    values[name] = quote === "'" ? value : expand(value, values)
  }
  return values
}
