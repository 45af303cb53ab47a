import type { CommandCall } from '../context.ts'

/** The document itself: it is made for programs, and reads well enough. */
export async function run({ args, context }: CommandCall): Promise<void> {
  const metadata = await (await context.client()).call('siloMetadata', { silo_id: String(args[0]) })
  context.print(metadata, () => JSON.stringify(metadata, null, 2))
}
