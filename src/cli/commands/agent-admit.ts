import type { InputOf } from '#contract'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { style } from '../output/style.ts'
import { pairs } from '../output/table.ts'

export async function run({ options, context }: CommandCall): Promise<void> {
  const made = await (await context.client()).call('agentAdmit', {
    role: options['role'] as InputOf<'agentAdmit'>['role'],
    silos: (options['silo'] as string[] | undefined) ?? [],
    uses: numberOf('--uses', options['uses']),
    minutes: numberOf('--minutes', options['minutes']),
  })
  context.print(made, () =>
    pairs([
      ['admission token', `${made.admission_token}  ${style.dim('(shown this once)')}`],
      ['register at', made.registration_endpoint ?? '-'],
      ['until', made.expires_at],
    ]),
  )
}
