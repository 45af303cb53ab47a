import type { CommandCall } from '../context.ts'

/** A new key for everything that this Hangar keeps sealed; Hangar must not run. */
export async function run({ context }: CommandCall): Promise<void> {
  const { rekeyHome } = await import('#daemon')
  const key = process.env['HANGAR_KEY']
  const { values, keyPath } = await rekeyHome(context.home, key)
  const where = key ? 'HANGAR_KEY; take the old keys out of it now' : keyPath
  context.print({ values, key: key ? 'HANGAR_KEY' : keyPath }, () =>
    values === 1
      ? `One value is sealed with the new key (${where})`
      : `${values} values are sealed with the new key (${where})`,
  )
}
