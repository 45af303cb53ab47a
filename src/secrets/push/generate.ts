import { randomBytes, randomUUID } from 'node:crypto'
import { HangarError } from '#kernel'
import type { SecretDeclaration } from '#manifest'

export interface GenerateOptions {
  readonly bytes?: number | undefined
  readonly encoding?: 'hex' | 'base64' | 'base64url' | 'uuid' | undefined
}

/** A new random value on one line. Default: 64 bytes in base64url (86 characters); hex: 32 bytes (64 characters). */
export function generateValue(options: GenerateOptions = {}): string {
  const encoding = options.encoding ?? 'base64url'
  if (encoding === 'uuid') return randomUUID()
  const bytes = options.bytes ?? (encoding === 'hex' ? 32 : 64)
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > 4096)
    throw new HangarError(`A secret of ${options.bytes} bytes cannot be made`, {
      code: 'HGR_SECRETS_BYTES',
      status: 400,
      hint: 'Ask for 1 to 4096 bytes.',
    })
  const random = randomBytes(bytes)
  const value = random.toString(encoding)
  random.fill(0)
  return value
}

/** A value of the declared form and at least the declared strength. */
export function generateFor(declaration: SecretDeclaration, options: GenerateOptions = {}): string {
  const declared = declaration.encoding === 'text' ? undefined : declaration.encoding
  const encoding = options.encoding ?? declaration.generate ?? declared ?? 'base64url'
  const perByte = encoding === 'hex' ? 2 : 4 / 3
  const usual = encoding === 'hex' ? 32 : 64
  const enough = Math.ceil((declaration.minLength ?? 0) / perByte)
  const value = generateValue({
    encoding,
    bytes: options.bytes ?? declaration.bytes ?? Math.max(usual, enough),
  })
  if (declaration.pattern && !declaration.pattern.test(value))
    throw new HangarError(
      `${declaration.name} must match ${declaration.pattern.source}, which a random value does not`,
      {
        code: 'HGR_SECRETS_NOT_RANDOM',
        status: 422,
        hint: `Set it yourself: hangar env set ${declaration.name}`,
      },
    )
  return value
}
