import * as z from 'zod'
import { definePlugin } from './plugin.ts'

const groups = z.array(z.string()).nullish()
const refusal = { status: 403, message: 'You cannot consume this service' }

/** Lets the consumer pass, or not, by its groups. */
export const acl = definePlugin({
  priority: 950,
  config: z
    .strictObject({
      allow: groups,
      deny: groups,
      /** The names of Kong 1. */
      whitelist: groups,
      blacklist: groups,
      hide_groups_header: z.boolean().default(false),
    })
    .refine(
      ({ allow, deny, whitelist, blacklist }) => Boolean(allow ?? whitelist) !== Boolean(deny ?? blacklist),
      'needs either allow or deny',
    ),
  create(config) {
    const allow = config.allow ?? config.whitelist
    const deny = config.deny ?? config.blacklist ?? []
    return ({ consumer, upstream }) => {
      if (!consumer) return refusal
      if (deny.some(group => consumer.groups.has(group))) return refusal
      if (allow && !allow.some(group => consumer.groups.has(group))) return refusal
      upstream.set('x-consumer-groups', config.hide_groups_header ? null : [...consumer.groups].join(', '))
      return undefined
    }
  },
})
