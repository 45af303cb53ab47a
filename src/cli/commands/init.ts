import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HangarError, writeFileAtomic } from '#kernel'
import { initStack } from '#manifest'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'

/** Runs without a daemon. Writes nothing over a file that is there, unless told. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const folder = resolve(String(args[0] ?? '.'))
  const file = join(folder, 'hangar.toml')
  const write = options['dryRun'] !== true
  if (write && options['force'] !== true && existsSync(file))
    throw new HangarError(`${file} is there already`, {
      code: 'HGR_CLI_INIT_EXISTS',
      status: 409,
      hint: 'See what init would write with --dry-run, replace it with --force.',
    })
  const name = typeof options['name'] === 'string' ? options['name'] : undefined
  const { text, apps, notes } = await initStack(folder, name)
  if (write) await writeFileAtomic(file, text, { mode: 0o644 })
  context.print({ file: write ? file : null, text, apps, notes }, () =>
    [
      write ? `${style.green('✔')} wrote ${file} for ${apps.join(', ')}` : text,
      ...(notes.length > 0 ? ['', style.bold('Look at these:'), ...notes.map(note => `  • ${note}`)] : []),
      ...(write ? ['', `Next: ${style.cyan('hangar lint')}`] : []),
    ].join('\n'),
  )
}
