import { type PluginFactory, texts } from './plugin.ts'

/** Lets the consumer pass, or not, by its groups. */
export const acl: PluginFactory = config => {
  const allow = texts(config['allow'] ?? config['whitelist'])
  const deny = texts(config['deny'] ?? config['blacklist'])
  const refusal = { status: 403, message: 'You cannot consume this service' }
  return ({ consumer, upstream }) => {
    if (!consumer) return refusal
    if (deny.some(group => consumer.groups.has(group))) return refusal
    if (allow.length > 0 && !allow.some(group => consumer.groups.has(group))) return refusal
    if (config['hide_groups_header'] !== true)
      upstream.set('x-consumer-groups', [...consumer.groups].join(', '))
    return undefined
  }
}
