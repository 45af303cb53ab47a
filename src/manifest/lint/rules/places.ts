import { flyRegions, goneRegions } from '../../fly/regions.ts'
import { nearest } from '../../nearest.ts'
import { type FlyContext, isPlaceholder } from '../context.ts'

export function regions(context: FlyContext): void {
  const region = context.fly.primary_region
  if (!region || isPlaceholder(region) || flyRegions.has(region)) return
  const instead = goneRegions.get(region)
  const at = ['primary_region']
  if (instead) {
    context.say('gone-region', at, `Fly no longer has the region ${region}; ${instead} is nearest`, {
      hint: `On this machine ${region} works; on Fly it is mapped to ${instead}.`,
      edits: context.setValue(at, `"${instead}"`),
    })
    return
  }
  const meant = nearest(region, [...flyRegions])
  context.say('unknown-region', at, `there is no region "${region}"`, {
    hint: meant ? `Did you mean ${meant}?` : `There are: ${[...flyRegions].join(', ')}.`,
  })
}

export function autoscaling(context: FlyContext): void {
  const scaling = context.fly.autoscaling
  if (!scaling) return
  context.say(
    'autoscaling',
    ['autoscaling'],
    'Fly has no [autoscaling]: Hangar reads it and leaves it out of what Fly gets',
  )
  const { min_machines: least, max_machines: most } = scaling
  if (least !== undefined && most !== undefined && least > most)
    context.say('value', ['autoscaling'], `at least ${least} machines, but at most ${most}`)
}
