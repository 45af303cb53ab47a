import { existsSync } from 'node:fs'
import type { CommandCall } from '../context.ts'

/** Asks the daemon to end, and waits until it has. */
export async function run({ context }: CommandCall): Promise<void> {
  const client = await context.client()
  await client.call('down', {})
  // Its socket goes last but one; the lock after it.
  while (await answers()) await new Promise(resolve => setTimeout(resolve, 50))
  context.print(
    { ok: true },
    () => 'Hangar is down. Silos that were running start again with the next "hangar up".',
  )

  async function answers(): Promise<boolean> {
    if (existsSync(`${context.home}/daemon.lock`)) return true
    return client.call('siloList', {}).then(
      () => true,
      () => false,
    )
  }
}
