import * as z from 'zod'
import { addressList, isListed } from '../client-address.ts'
import { definePlugin } from './plugin.ts'

const addresses = z
  .array(z.string().refine(one => addressList([one]) !== undefined, 'must be an address or a network (CIDR)'))
  .nullish()

/** Lets clients pass, or not, by their address. */
export const ipRestriction = definePlugin({
  priority: 990,
  config: z
    .strictObject({
      allow: addresses,
      deny: addresses,
      status: z.number().int().min(100).max(599).nullish(),
      message: z.string().nullish(),
    })
    .refine(({ allow, deny }) => Boolean(allow?.length || deny?.length), 'needs allow or deny'),
  create(config) {
    const allow = config.allow?.length ? addressList(config.allow) : undefined
    const deny = addressList(config.deny ?? [])
    return ({ clientIp }) => {
      const known = clientIp !== ''
      if (known && !(deny && isListed(deny, clientIp)) && (!allow || isListed(allow, clientIp)))
        return undefined
      return {
        status: config.status ?? 403,
        message: config.message ?? `IP address not allowed: ${clientIp}`,
      }
    }
  },
})
