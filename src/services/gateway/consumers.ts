import { createHash } from 'node:crypto'
import type { GatewayConfig } from './config.ts'

export interface Consumer {
  readonly username: string
  readonly groups: ReadonlySet<string>
}

/** Who the gateway knows, found by a key or a password in constant time: values are compared by their digests. */
export interface Consumers {
  byKey(key: string): Consumer | undefined
  byPassword(username: string, password: string): Consumer | undefined
}

export function createConsumers(config: GatewayConfig): Consumers {
  const keys = new Map<string, Consumer>()
  const passwords = new Map<string, Consumer>()
  for (const { username, ...own } of config.consumers ?? []) {
    const mine = <T extends { consumer: string }>(list: readonly T[] | undefined) =>
      (list ?? []).filter(({ consumer }) => consumer === username)
    const consumer = {
      username,
      groups: new Set([...(own.acls ?? []), ...mine(config.acls)].map(({ group }) => group)),
    }
    for (const { key } of [...(own.keyauth_credentials ?? []), ...mine(config.keyauth_credentials)])
      if (key !== '') keys.set(digest(key), consumer)
    for (const { username: name, password } of [
      ...(own.basicauth_credentials ?? []),
      ...mine(config.basicauth_credentials),
    ])
      if (password !== '') passwords.set(digest(`${name}:${password}`), consumer)
  }
  return {
    byKey: key => keys.get(digest(key)),
    byPassword: (username, password) => passwords.get(digest(`${username}:${password}`)),
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
