import { createPublicKey, verify } from 'node:crypto'
import { errors } from '../errors.ts'
import type { MessageRules, SignInMessage } from './message.ts'

export const solanaRules: MessageRules = {
  name: 'siws',
  chain: 'Solana',
  address: /^[a-zA-Z\d]{32,44}$/,
  badAddress: 'wallet address is not in base58 format',
  isChainId: text => text === '' || /^solana:(main|dev|test|local)net$/.test(text),
}

/** 64 bytes in base64 or base64url. Throws validation_failed for anything else. */
export function solanaSignature(text: string): Buffer {
  if (text.length !== 86 && text.length !== 88) {
    throw errors.badRequest('signature must be 64 bytes encoded as base64 with or without padding')
  }
  const bytes = /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
  if (bytes?.length !== 64) throw errors.badRequest('signature does not contain valid base64 characters')
  return bytes
}

/** The address is the public key (Ed25519). */
export function solanaSigned({ raw, address }: SignInMessage, signature: Buffer): boolean {
  const key = base58(address)
  if (key?.length !== 32) return false
  try {
    const publicKey = createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
    })
    return verify(null, Buffer.from(raw), publicKey, signature)
  } catch {
    // 32 bytes that are no point of the curve.
    return false
  }
}

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function base58(text: string): Buffer | undefined {
  let value = 0n
  for (const letter of text) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return undefined
    value = value * 58n + BigInt(digit)
  }
  const hex = value === 0n ? '' : value.toString(16)
  const zeros = /^1*/.exec(text)?.[0].length ?? 0
  return Buffer.concat([
    Buffer.alloc(zeros),
    Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'),
  ])
}
