import { secp256k1 } from '@noble/curves/secp256k1'
import { keccak_256 } from '@noble/hashes/sha3'
import { errors } from '../errors.ts'
import type { MessageRules, SignInMessage } from './message.ts'

export const ethereumRules: MessageRules = {
  name: 'siwe',
  chain: 'Ethereum',
  address: /^0x[a-fA-F\d]{40}$/,
  badAddress: 'wallet address is not a valid Ethereum address',
  // EIP-155: a positive number.
  isChainId: text => /^\d{1,18}$/.test(text) && Number(text) > 0,
}

/** 65 bytes in hexadecimal: r, s and which of the keys it could be. Throws validation_failed for anything else. */
export function ethereumSignature(text: string): Buffer {
  const hex = text.replace(/^0x/, '')
  if (!/^[a-f\d]{130}$/i.test(hex)) {
    throw errors.badRequest(
      'signature must be 65 bytes long, encoded as a 130 character-long hexadecimal string',
    )
  }
  return Buffer.from(hex, 'hex')
}

/** EIP-191: the key that signed is found from the signature, and the address is its hash. */
export function ethereumSigned({ raw, address }: SignInMessage, signature: Buffer): boolean {
  const message = Buffer.from(raw)
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`)
  const mark = signature[64] ?? 0
  try {
    const key = secp256k1.Signature.fromCompact(signature.subarray(0, 64))
      .addRecoveryBit(mark >= 27 ? mark - 27 : mark)
      .recoverPublicKey(keccak_256(Buffer.concat([prefix, message])))
    const hashed = Buffer.from(keccak_256(key.toRawBytes(false).subarray(1)))
    return `0x${hashed.subarray(12).toString('hex')}` === address.toLowerCase()
  } catch {
    // Numbers that no signature has.
    return false
  }
}
