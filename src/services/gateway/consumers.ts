import { createPublicKey, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { GatewayConfig } from './config/entities.ts'
import type { JwtAlgorithm } from './plugins/algorithms.ts'

export interface Consumer {
  readonly username: string
  readonly customId: string | undefined
  readonly groups: ReadonlySet<string>
}

/** What a consumer signs its tokens with. */
export interface TokenCredential {
  readonly consumer: Consumer
  readonly algorithm: JwtAlgorithm
  /** `isBase64`: the secret was written so. */
  key(isBase64: boolean): KeyObject
}

/** Who the gateway knows. Keys and passwords are looked up by their digests, so that nothing can be learnt from the time it takes. */
export interface Consumers {
  byName(username: string): Consumer | undefined
  byKey(key: string): Consumer | undefined
  byPassword(username: string, password: string): Consumer | undefined
  byTokenKey(key: string): TokenCredential | undefined
}

export function createConsumers(config: GatewayConfig): Consumers {
  const names = new Map<string, Consumer>()
  const keys = new Map<string, Consumer>()
  const passwords = new Map<string, Consumer>()
  const tokens = new Map<string, TokenCredential>()
  for (const { username, custom_id: customId, ...own } of config.consumers ?? []) {
    const mine = <T extends { consumer: string }>(list: readonly T[] | undefined) =>
      (list ?? []).filter(({ consumer }) => consumer === username)
    const consumer = {
      username,
      customId,
      groups: new Set([...(own.acls ?? []), ...mine(config.acls)].map(({ group }) => group)),
    }
    names.set(username, consumer)
    for (const { key } of [...(own.keyauth_credentials ?? []), ...mine(config.keyauth_credentials)])
      if (key !== '') keys.set(digest(key), consumer)
    for (const { username: name, password } of [
      ...(own.basicauth_credentials ?? []),
      ...mine(config.basicauth_credentials),
    ])
      if (password !== '') passwords.set(digest(`${name}:${password}`), consumer)
    for (const token of [...(own.jwt_secrets ?? []), ...mine(config.jwt_secrets)]) {
      const key = (isBase64: boolean) =>
        token.algorithm.startsWith('HS')
          ? createSecretKey(Buffer.from(token.secret ?? '', isBase64 ? 'base64' : 'utf8'))
          : createPublicKey(token.rsa_public_key ?? '')
      tokens.set(token.key, { consumer, algorithm: token.algorithm, key })
    }
  }
  return {
    byName: name => names.get(name),
    byKey: key => keys.get(digest(key)),
    byPassword: (username, password) => passwords.get(digest(`${username}:${password}`)),
    byTokenKey: key => tokens.get(key),
  }
}

function digest(text: string): string {
  return hash('sha256', text, 'base64')
}
