import type { Reader } from './reader.ts'

export interface ChainSettings {
  readonly enabled: boolean
  /** How far the time of a message may be from now, either way. */
  readonly validityMs: number
}

/** Chains whose wallets may sign somebody in. */
export interface Web3Settings {
  readonly solana: ChainSettings
  readonly ethereum: ChainSettings
}

const usualValidityMs = 10 * 60_000

export function readWeb3Settings(read: Reader): Web3Settings {
  const chain = (name: string): ChainSettings => ({
    enabled: read.flag(false, `GOTRUE_EXTERNAL_WEB3_${name}_ENABLED`),
    validityMs: read.duration(`GOTRUE_EXTERNAL_WEB3_${name}_MAXIMUM_VALIDITY_DURATION`) ?? usualValidityMs,
  })
  return { solana: chain('SOLANA'), ethereum: chain('ETHEREUM') }
}
