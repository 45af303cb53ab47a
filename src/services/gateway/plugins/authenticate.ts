import type { Consumer, Consumers } from '../consumers.ts'
import { gatewayErrors } from '../errors.ts'
import type { Passage, Plugin } from './plugin.ts'

/** Makes the request the consumer's; the service is told whose, whatever the client said. */
export function authenticate(passage: Passage, consumer: Consumer): void {
  passage.consumer = consumer
  passage.upstream.set('x-consumer-username', consumer.username)
  passage.upstream.set('x-consumer-custom-id', consumer.customId ?? null)
  passage.upstream.set('x-consumer-id', null)
  passage.upstream.set('x-anonymous-consumer', null)
}

/**
 * With an `anonymous` consumer several ways in stand side by side: whom another one let in passes, and who cannot be let in passes as that consumer.
 * Throws when there is no such consumer.
 */
export function orAnonymous(check: Plugin, name: string | null | undefined, consumers: Consumers): Plugin {
  if (name == null || name === '') return check
  const anonymous = consumers.byName(name)
  if (!anonymous) throw gatewayErrors.setting('anonymous', `must name a consumer; there is no ${name}`)
  return passage => {
    if (passage.consumer && passage.consumer !== anonymous) return undefined
    if (!check(passage)) return undefined
    authenticate(passage, anonymous)
    passage.upstream.set('x-anonymous-consumer', 'true')
    return undefined
  }
}
